"""The rows of `jvm/`'s `VisitorVectors`, as columns; see `VisitorVector.java` for their bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

VISIT, ERASED, EXPIRED = 0, 1, 2

HEADER = np.dtype(
    [
        ("kind", "i1"),
        ("at_ms", ">i8"),
        ("before_ms", ">i8"),
        ("since_ms", ">i8"),
        ("begins", "i1"),
        ("converts", "i1"),
        ("sales", ">f8"),
        ("category", ">u8"),
        ("added", ">f8"),
        ("count", ">u2"),
    ]
)
"""since_ms : earliest event time in the vector; of a row that erases, at_ms is until when."""

ENTRY = np.dtype([("category", ">u8"), ("long", ">f8"), ("others", ">f4")])

TEXTS = ("visitor_id", "shop_id", "industry", "category")
HEADS = np.dtype([("lengths", ">i4", len(TEXTS)), ("appended_ms", ">i8"), ("head", HEADER)])
"""Of a row in a batch; lengths of its texts in bytes."""


@dataclass(frozen=True)
class VisitRows:
    """n rows in order of arrival, of visitors at shops.

    visitors, shops, industries, categories : (n,) texts; the category is that of the row's event.
    head : (n,) of `HEADER`. entries : (m,) of `ENTRY`, of all rows one after another.
    """

    visitors: Sequence[str]
    shops: Sequence[str]
    industries: Sequence[str]
    categories: Sequence[str]
    head: np.ndarray  # type: ignore[type-arg]
    entries: np.ndarray  # type: ignore[type-arg]

    @classmethod
    def of_batch(cls, heads: bytes, texts: bytes, entries: bytes) -> tuple["VisitRows", list[int]]:
        """The rows of a micro-batch, and when the broker took each (epoch ms); see `VisitBatch.java`.

        ValueError: the bytes are no batch.
        """
        rows = np.frombuffer(heads, HEADS)
        cuts = [0, *np.cumsum(rows["lengths"]).tolist()]
        if cuts[-1] != len(texts):
            raise ValueError(f"a batch has {len(texts)} bytes of texts, and {cuts[-1]} by their lengths")
        names = [texts[start:end].decode() for start, end in pairwise(cuts)]
        visitors, shops, industries, categories = (names[at :: len(TEXTS)] for at in range(len(TEXTS)))
        vectors = np.frombuffer(entries, ENTRY)
        of = cls(visitors, shops, industries, categories, rows["head"], vectors)
        return of, rows["appended_ms"].tolist()

    def __len__(self) -> int:
        return len(self.head)

    def select(self, rows: np.ndarray) -> "VisitRows":  # type: ignore[type-arg]
        """These rows, (k,) indices."""
        of = np.repeat(np.arange(len(self)), self.head["count"])
        starts = np.concatenate([[0], np.cumsum(self.head["count"], dtype=np.int64)])
        picked = [np.arange(starts[row], starts[row + 1]) for row in rows]
        entries = np.concatenate(picked) if picked else np.zeros(0, dtype=np.int64)
        assert len(of) == len(self.entries)
        return VisitRows(
            [self.visitors[i] for i in rows],
            [self.shops[i] for i in rows],
            [self.industries[i] for i in rows],
            [self.categories[i] for i in rows],
            self.head[rows],
            self.entries[entries],
        )

    def runs(self) -> Iterator["VisitRows"]:
        """Parts in which either all rows are visits, or none is; a visitor's rows keep their order.

        Rows that forget come seldom, and mostly of visitors who are not in the batch.
        """
        forgets = self.head["kind"] != VISIT
        if not forgets.any():
            yield self
            return
        cuts = np.flatnonzero(np.diff(forgets.astype(np.int8))) + 1
        for part in np.split(np.arange(len(self)), cuts):
            yield self.select(part)
