"""The bytes of one visitor at one shop: its segment, what challenges that, and its vector while sampled."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from state.header import read_header

_HEADER = struct.Struct(">bbbHqqqH")


@dataclass(frozen=True)
class VisitorSegment:
    """segment : 0..127. challenger : the one that was clearly better at the last `streak` visits, or -1.

    told_ms : event time as of which Redis was told. dimensions, counts : the vector as of `at_ms`, at the
    long half-life, where the visitor belongs to the sample, and since_ms the earliest event time in it; else
    empty, and both times are 0.
    """

    VERSION: ClassVar[int] = 1

    segment: int
    challenger: int
    streak: int
    at_ms: int
    told_ms: int
    since_ms: int = 0
    dimensions: tuple[int, ...] = ()
    counts: tuple[float, ...] = ()

    def to_bytes(self) -> bytes:
        """31 bytes, then 2 and 4 (single precision) for each entry of the vector. A streak ends at 65 535."""
        header = _HEADER.pack(
            self.VERSION,
            self.segment,
            self.challenger,
            min(self.streak, 65535),
            self.at_ms,
            self.told_ms,
            self.since_ms,
            len(self.counts),
        )
        return header + np.array(self.dimensions, ">u2").tobytes() + np.array(self.counts, ">f4").tobytes()

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no visitor."""
        head = read_header(_HEADER, blob, cls.VERSION, "visitor's segment")
        segment, challenger, streak, at_ms, told_ms, since_ms, entries = head
        if len(blob) != _HEADER.size + 6 * entries:
            raise ValueError(f"{len(blob)} bytes are no visitor's segment of {entries} entries")
        dimensions = np.frombuffer(blob, ">u2", entries, _HEADER.size)
        counts = np.frombuffer(blob, ">f4", entries, _HEADER.size + 2 * entries)
        return cls(
            segment,
            challenger,
            streak,
            at_ms,
            told_ms,
            since_ms,
            tuple(dimensions.tolist()),
            tuple(counts.astype(float).tolist()),
        )
