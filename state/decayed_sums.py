"""The bytes of one entry of keyed state: the decayed sums of a facet value, or of a facet's total.

The job keeps them in the JVM (`jvm/`, `DecayedSums.java`); this is their layout of record in Python, for the
twin that tests the Java and for whoever opens a savepoint.
"""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from state.header import read_header

_HEADER = struct.Struct(">bq")


@dataclass(frozen=True)
class DecayedSums:
    """Sums of w·2^(−(latest − t)/h) over the events (w, t) of one key.

    sums : per horizon in configuration order, in units of weight, as of `latest_ms`.
    latest_ms : the latest event time, epoch milliseconds.
    """

    VERSION: ClassVar[int] = 1

    sums: tuple[float, ...]
    latest_ms: int

    def to_bytes(self) -> bytes:
        """Version (1 byte), `latest_ms` (8), then a big-endian double a horizon."""
        return _HEADER.pack(self.VERSION, self.latest_ms) + struct.pack(f">{len(self.sums)}d", *self.sums)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no entry."""
        (latest_ms,) = read_header(_HEADER, blob, cls.VERSION, "decayed sums")
        if (len(blob) - _HEADER.size) % 8:
            raise ValueError(f"{len(blob)} bytes are no decayed sums")
        return cls(struct.unpack(f">{(len(blob) - _HEADER.size) // 8}d", blob[_HEADER.size :]), latest_ms)
