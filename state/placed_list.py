"""The bytes of a list that was shown, while its outcome is awaited."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked


@dataclass(frozen=True, eq=False)
class PlacedList:
    """articles, positions : in the order of the impressions; no position: 0. length : of the list as its
    events say. reader : (D,). slate : (S,) bytes. match : (n, LEVELS), how the reader takes to each article.
    """

    VERSION: ClassVar[int] = 1

    at_ms: int
    length: int
    articles: tuple[str, ...]
    positions: tuple[int, ...]
    reader: NDArray[np.float64]
    slate: NDArray[np.uint8]
    match: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        said = {"at_ms": self.at_ms, "length": self.length}
        shown = {"articles": self.articles, "positions": self.positions}
        return packed(self.VERSION, {**said, **shown}, [self.reader, self.slate, self.match])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (reader, slate, match) = unpacked(blob, cls.VERSION, "placed list")
        articles, positions = tuple(said["articles"]), tuple(said["positions"])
        return cls(said["at_ms"], said["length"], articles, positions, reader, slate, match)


@dataclass(frozen=True, eq=False)
class PredictedList:
    """What the impressions of a list read as they arrived, and what was predicted: learnt from, once known.

    statistics : (n, columns), `operators.articles.statistics_table`. p : (n,). length, history : of the list,
    and of its reader's clicks. mean_chance : everybody's k/L then.
    """

    VERSION: ClassVar[int] = 1

    at_ms: int
    length: int
    history: int
    mean_chance: float
    statistics: NDArray[np.float64]
    p: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        said = {
            "at_ms": self.at_ms,
            "length": self.length,
            "history": self.history,
            "mean_chance": self.mean_chance,
        }
        return packed(self.VERSION, said, [self.statistics, self.p])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (statistics, p) = unpacked(blob, cls.VERSION, "predicted list")
        return cls(**said, statistics=statistics, p=p)
