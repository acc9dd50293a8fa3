"""The bytes of the dimensions in which readers are placed."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReaderSpace:
    """bucket : (b,), of `buckets` those that the fit has seen. axes : (b, D). idf : (b,). centre : (D,).

    share, strength : of readers' tastes, see `operators.maths.articles.reader_tastes.Tastes`.
    """

    VERSION: ClassVar[int] = 1

    bucket: NDArray[np.int32]
    axes: Floats
    idf: Floats
    centre: Floats
    share: Floats
    strength: Floats
    buckets: int

    def to_bytes(self) -> bytes:
        numbers = self.axes, self.idf, self.centre, self.share, self.strength
        return packed(self.VERSION, {"buckets": self.buckets}, [self.bucket, *numbers])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (bucket, *numbers) = unpacked(blob, cls.VERSION, "reader space")
        axes, idf, centre, share, strength = numbers
        return cls(bucket, axes, idf, centre, share, strength, said["buckets"])


@dataclass(frozen=True)
class ReaderProgress:
    """seen : lists so far. latest_ms : event time of the latest. batches : so far. known_ms : event time up
    to which outcomes were passed on. fitted, fitted_ms : what was seen, and when, at the last of `refits`.
    """

    VERSION: ClassVar[int] = 1

    seen: int = 0
    latest_ms: int = 0
    batches: int = 0
    known_ms: int = 0
    fitted: int = 0
    fitted_ms: int = 0
    refits: int = 0

    def to_bytes(self) -> bytes:
        return packed(self.VERSION, vars(self), [])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        return cls(**unpacked(blob, cls.VERSION, "progress of readers")[0])
