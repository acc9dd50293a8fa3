"""A micro-batch of lists -> what the shared model, and each shard of articles, is told of it; no Flink."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from operators.articles.array_messages import encoded
from operators.articles.list_rows import ListRows, ShownList
from operators.articles.place_lists import buckets_of
from operators.articles.shard_messages import Batch, ShardBatch
from operators.maths.arrays import Floats, Ints
from schemas.article_hash import article_hash
from schemas.article_terms import LEVELS, Terms
from state.placed_list import PlacedList


def batch_of(
    shown: Sequence[ShownList],
    placed: Sequence[PlacedList],
    known: Mapping[str, PlacedList],
    rows: ListRows,
    space: Mapping[bytes, bytes],
) -> Batch:
    """known : lists whose outcome is in `rows`. space : of the readers, where it is new."""
    return Batch(
        shown=[of.list_id for of in shown],
        at_ms=np.array([of.at_ms for of in shown], dtype=np.int64),
        length=np.array([of.length for of in shown], dtype=np.int64),
        history=np.array([len(of.recent) for of in shown], dtype=np.int64),
        count=np.array([len(of.articles) for of in shown], dtype=np.int64),
        reader=np.array([of.reader for of in placed]),
        shop=[of.shop for of in shown],
        segment=[of.segment for of in shown],
        known={name: rows.known[name] for name in known},
        gone=rows.gone,
        space=dict(space),
    )


def split_lists(
    number: int,
    batch: Batch,
    placed: Sequence[PlacedList],
    known: Mapping[str, PlacedList],
    chance: Floats,
    starts: Mapping[str, Floats],
    terms: Terms,
    shards: int,
) -> dict[int, ShardBatch]:
    """Shard -> what it is told; at least one.

    placed : the lists shown. known : those of `batch.known`, and chance, of all their impressions.
    starts : of articles of which something was said, where their models start. terms : (buckets, LEVELS,
    WIDTH) of articles.
    """
    lists = [*placed, *known.values()]
    names = [article for of in lists for article in of.articles]
    shard = np.array([article_hash(name) % shards for name in names], dtype=np.int64)
    described: dict[int, list[str]] = {}
    for name in starts:
        described.setdefault(article_hash(name) % shards, []).append(name)
    touched = sorted({*shard.tolist(), *described}) or [0]
    whole = _Impressions(lists, names, int(batch.count.sum()), outcomes(batch, known), chance, starts, terms)
    return {
        at: ShardBatch(
            number=number,
            part=part,
            parts=len(touched),
            batch=encoded(batch) if part == 0 else b"",
            **whole.of_shard(np.flatnonzero(shard == at), described.get(at, [])),
        )
        for part, at in enumerate(touched)
    }


@dataclass(frozen=True)
class _Impressions:
    """Of all lists of a batch: `shown` of them, then those whose outcome is known, `clicked` by `chance`."""

    lists: Sequence[PlacedList]
    names: Sequence[str]
    shown: int
    clicked: Floats
    chance: Floats
    starts: Mapping[str, Floats]
    terms: Terms

    def of_shard(self, mine: Ints, new: Sequence[str]) -> dict[str, Any]:
        """Fields of `ShardBatch`: the impressions at these places, and articles that were described."""
        articles, indices = _indexed([*(self.names[i] for i in mine), *new])
        article = indices[: len(mine)]
        used, local = np.unique(self._list[mine], return_inverse=True)
        past, match = mine >= self.shown, self._match[mine]
        outcome = mine[past] - self.shown
        return {
            "articles": articles,
            "at_ms": np.array([self.lists[i].at_ms for i in used], dtype=np.int64),
            "reader": np.array([self.lists[i].reader for i in used]),
            "slate": np.array([self.lists[i].slate for i in used], dtype=np.uint8),
            "terms": self.terms[buckets_of(articles, len(self.terms))],
            "shown": article[~past],
            "of": local[~past],
            "row": mine[~past],
            "match": match[~past],
            "known": article[past],
            "known_of": local[past],
            "known_match": match[past],
            "clicked": self.clicked[outcome],
            "chance": self.chance[outcome],
            "described": indices[len(mine) :],
            "start": np.array([self.starts[name] for name in new]),
        }

    @cached_property
    def _list(self) -> Ints:
        """(n,) to which list each belongs."""
        return np.repeat(np.arange(len(self.lists)), [len(of.articles) for of in self.lists]).astype(np.int64)

    @cached_property
    def _match(self) -> Floats:
        return np.concatenate([np.zeros((0, LEVELS)), *(of.match for of in self.lists)])


def outcomes(batch: Batch, known: Mapping[str, PlacedList]) -> Floats:
    """1.0 where clicked, of all impressions of the lists that are known."""
    return np.concatenate([np.zeros(0), *(np.frombuffer(batch.known[name], np.uint8) for name in known)])


def _indexed(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct names, and of each its place among them."""
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return list(place), np.array([place[name] for name in names], dtype=np.int64)
