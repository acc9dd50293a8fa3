"""A micro-batch of lists -> what the shared model, and each shard of articles, is told of it; no Flink."""

from collections.abc import Mapping, Sequence

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
    match = np.concatenate([np.zeros((0, LEVELS)), *(of.match for of in lists)])
    of = np.repeat(np.arange(len(lists)), [len(of.articles) for of in lists]).astype(np.int64)
    shard = np.array([article_hash(name) % shards for name in names], dtype=np.int64)
    n = int(batch.count.sum())
    clicked = outcomes(batch, known)
    described: dict[int, list[str]] = {}
    for name in starts:
        described.setdefault(article_hash(name) % shards, []).append(name)
    touched = sorted({*shard.tolist(), *described}) or [0]
    found: dict[int, ShardBatch] = {}
    for part, at in enumerate(touched):
        mine = np.flatnonzero(shard == at)
        new = described.get(at, [])
        articles, indices = _indexed([*(names[i] for i in mine), *new])
        article = indices[: len(mine)]
        used, local = np.unique(of[mine], return_inverse=True)
        past = mine >= n
        found[at] = ShardBatch(
            number=number,
            part=part,
            parts=len(touched),
            articles=articles,
            at_ms=np.array([lists[i].at_ms for i in used], dtype=np.int64),
            reader=np.array([lists[i].reader for i in used]),
            slate=np.array([lists[i].slate for i in used], dtype=np.uint8),
            terms=terms[buckets_of(articles, len(terms))],
            shown=article[~past],
            of=local[~past],
            row=mine[~past],
            match=match[mine[~past]],
            known=article[past],
            known_of=local[past],
            known_match=match[mine[past]],
            clicked=clicked[mine[past] - n],
            chance=chance[mine[past] - n],
            described=indices[len(mine) :],
            start=np.array([starts[name] for name in new]),
            batch=encoded(batch) if part == 0 else b"",
        )
    return found


def outcomes(batch: Batch, known: Mapping[str, PlacedList]) -> Floats:
    """1.0 where clicked, of all impressions of the lists that are known."""
    return np.concatenate([np.zeros(0), *(np.frombuffer(batch.known[name], np.uint8) for name in known)])


def _indexed(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct names, and of each its place among them."""
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return list(place), np.array([place[name] for name in names], dtype=np.int64)
