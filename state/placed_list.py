"""The bytes of a list that was shown, while its outcome is awaited."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked


@dataclass(frozen=True, eq=False)
class PlacedList:
    """articles : in the order of the impressions. length : of the list as its events say.

    reader : (D,). slate : (S,) bytes.
    """

    VERSION: ClassVar[int] = 1

    at_ms: int
    length: int
    articles: tuple[str, ...]
    reader: NDArray[np.float64]
    slate: NDArray[np.uint8]

    def to_bytes(self) -> bytes:
        said = {"at_ms": self.at_ms, "length": self.length, "articles": self.articles}
        return packed(self.VERSION, said, [self.reader, self.slate])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (reader, slate) = unpacked(blob, cls.VERSION, "placed list")
        return cls(said["at_ms"], said["length"], tuple(said["articles"]), reader, slate)


@dataclass(frozen=True, eq=False)
class PredictedList:
    """What the impressions of a list read as they arrived, and what was predicted: learnt from, once known.

    statistics : (n, columns), `operators.articles.statistics_table`. p : (n,). length, history : of the list, and of
    its reader's clicks. mean_chance : everybody's k/L then.
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
