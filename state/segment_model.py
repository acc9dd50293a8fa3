"""The bytes of a shop's segments in keyed state."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bHHqqqqd")
TALLIES = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """K segments over D dimensions, decayed to `latest_ms`.

    sums : (K, D) counts of the members. tallies : (K, 4) visitors, visits, recent visits, conversions.
    sales : (D,) what the shop sold lately, in its currency; where its segments start from.
    seen : visits so far. refitted_at : visits at the last refit. first_ms, latest_ms : event times, epoch ms.
    threshold : below which a visitor's hash belongs to the sample.
    """

    VERSION: ClassVar[int] = 1

    sums: Floats
    tallies: Floats
    sales: Floats
    seen: int
    refitted_at: int
    first_ms: int
    latest_ms: int
    threshold: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SegmentModel) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version (1 byte), K and D (2 each), four longs, the threshold, then sums, tallies and sales as
        big-endian doubles.

        ValueError: a sum or a tally is NaN or infinite; such a state must not be kept.
        """
        numbers = self.sums, self.tallies, self.sales
        if not all(np.isfinite(of).all() for of in numbers):
            raise ValueError("a segment model holds NaN or infinity")
        K, D = self.sums.shape
        header = _HEADER.pack(
            self.VERSION, K, D, self.seen, self.refitted_at, self.first_ms, self.latest_ms, self.threshold
        )
        return header + b"".join(of.astype(">f8").tobytes() for of in numbers)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no model."""
        head = read_header(_HEADER, blob, cls.VERSION, "segment model")
        K, D, seen, refitted_at, first_ms, latest_ms, threshold = head
        if len(blob) != _HEADER.size + 8 * (K * (D + TALLIES) + D):
            raise ValueError(f"{len(blob)} bytes are no segment model of {K} × {D}")
        numbers = np.frombuffer(blob, dtype=">f8", offset=_HEADER.size).astype(np.float64)
        sums, tallies, sales = np.split(numbers, [K * D, K * (D + TALLIES)])
        return cls(
            sums.reshape(K, D),
            tallies.reshape(K, TALLIES),
            sales,
            seen,
            refitted_at,
            first_ms,
            latest_ms,
            threshold,
        )
