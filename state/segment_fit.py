"""The bytes of how well a shop's visitors have fitted its segments."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bqqddH")


@dataclass(frozen=True, eq=False)
class SegmentFit:
    """window : (n,) nats a count, each the mean of some visits, the oldest first.

    drifted_ms : event time of the last alarm, 0 for none. visits, nats, counts : since the newest value.
    """

    VERSION: ClassVar[int] = 1

    window: NDArray[np.float32]
    drifted_ms: int = 0
    visits: int = 0
    nats: float = 0.0
    counts: float = 0.0

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros(0, dtype=np.float32))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SegmentFit) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version (1), two longs, two doubles, n (2), then big-endian floats."""
        head = _HEADER.pack(
            self.VERSION, self.drifted_ms, self.visits, self.nats, self.counts, len(self.window)
        )
        return head + self.window.astype(">f4").tobytes()

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no fit."""
        drifted_ms, visits, nats, counts, n = read_header(_HEADER, blob, cls.VERSION, "segment fit")
        if len(blob) != _HEADER.size + 4 * n:
            raise ValueError(f"{len(blob)} bytes are no segment fit of {n} values")
        window = np.frombuffer(blob, ">f4", n, _HEADER.size).astype(np.float32)
        return cls(window, drifted_ms, visits, nats, counts)
