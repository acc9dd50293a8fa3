"""The bytes of who reads a shop's lists, and what was shown there lately."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShopReaders:
    """segments : s names. lists : (s,) decayed count of theirs. reader : (s, D), history : (s,) decayed sums.

    articles : a names. shown_ms : (a,) when each was shown last. at_ms : event time as of which it stands.
    """

    VERSION: ClassVar[int] = 1

    segments: tuple[str, ...]
    lists: Floats
    reader: Floats
    history: Floats
    articles: tuple[str, ...]
    shown_ms: NDArray[np.int64]
    at_ms: int

    @classmethod
    def none(cls, dimensions: int) -> Self:
        no_times = np.zeros(0, dtype=np.int64)
        return cls((), np.zeros(0), np.zeros((0, dimensions)), np.zeros(0), (), no_times, 0)

    def to_bytes(self) -> bytes:
        said = {"segments": self.segments, "articles": self.articles, "at_ms": self.at_ms}
        return packed(self.VERSION, said, [self.lists, self.reader, self.history, self.shown_ms])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (lists, reader, history, shown_ms) = unpacked(blob, cls.VERSION, "shop's readers")
        segments, articles = tuple(said["segments"]), tuple(said["articles"])
        return cls(segments, lists, reader, history, articles, shown_ms, said["at_ms"])
