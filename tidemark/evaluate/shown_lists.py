"""Lists of articles as they were shown, as arrays: what the evaluation of articles runs over."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.reader_dimensions import Histories, ReaderSettings
from operators.maths.articles.slate_sketch import Sketch, sketch
from operators.maths.segments.dimensions import hashed_dimensions
from schemas.article_hash import article_hash
from tidemark.errors import UserError
from tidemark.replay.mind import MOST_RECENT, Mind, MindList

BUCKETS = ReaderSettings().buckets


@dataclass(frozen=True)
class ShownLists:
    """Lists in time order, their n impressions list after list.

    at_ms : (lists,). first : (lists + 1,) offsets of the impressions. article : (n,) index. clicked : (n,).
    articles : how many there are. histories, history_length, slate : of each list.
    """

    at_ms: Ints
    first: Ints
    article: Ints
    clicked: Floats
    articles: int
    histories: Histories
    history_length: Ints
    slate: Sketch

    @cached_property
    def length(self) -> Ints:
        """(lists,)"""
        return np.diff(self.first)

    @cached_property
    def list(self) -> Ints:
        """(n,): the list of each impression."""
        return np.repeat(np.arange(len(self.at_ms)), self.length)

    @cached_property
    def chance(self) -> Floats:
        """(n,): k/L of the impression's list."""
        clicks = np.add.reduceat(self.clicked, self.first[:-1])
        return np.asarray(np.repeat(clicks / self.length, self.length))


def mind(folder: Path, sketch_bytes: int) -> ShownLists:
    """All lists of a MIND folder. UserError: it cannot be read, or a line is no list."""
    source, found = Mind(folder), []
    for number, row in source.lists():
        if isinstance(row, str):
            raise UserError(f"{source.file}:{number}: {row}")
        found.append(row)
    if not found:
        raise UserError(f"{folder}: {source.file} has no lists")
    return of_lists(found, sketch_bytes)


def of_lists(found: list[MindList], sketch_bytes: int) -> ShownLists:
    """At least one list; in time order."""
    names = sorted({article for shown in found for article in (*shown.articles, *shown.history)})
    hashes = np.array([article_hash(name) for name in names], dtype=np.uint64)
    place = {name: index for index, name in enumerate(names)}
    article = np.array([place[a] for shown in found for a in shown.articles])
    recent = [shown.history[-MOST_RECENT:] for shown in found]
    history = np.array([place[a] for articles in recent for a in articles], dtype=np.int64)
    first = np.cumsum([0, *(len(shown.articles) for shown in found)])
    candidates, index = np.unique(article, return_inverse=True)
    return ShownLists(
        np.array([shown.at_ms for shown in found]),
        first,
        index,
        np.array([clicked for shown in found for clicked in shown.clicked], dtype=np.float64),
        len(candidates),
        Histories(
            hashed_dimensions(hashes[history], BUCKETS),
            np.cumsum([0, *(len(articles) for articles in recent)]),
        ),
        np.array([len(articles) for articles in recent]),
        sketch(hashes[article], first[:-1], sketch_bytes),
    )
