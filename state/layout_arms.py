"""The bytes of a shop's layouts in keyed state: what it offers, and what each segment has shown so far."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bHHHqqq")
_LENGTH = struct.Struct(">H")
SUMS = 4
"""Exposures, conversions, revenue, squares of revenue: in the order of `LayoutArms`."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ShopLayouts:
    """P segments over A layouts.

    offered : the layouts to choose among; names of columns. offered_ms : event time of that decision, or 0.
    layouts, segments : names of columns and rows; the empty segment is that of visitors without one.
    sums : (P, A, 4), decayed to latest_ms (P,), epoch ms. probabilities : (P, A) as last computed; 0 where a
    layout is not offered. at_ms, absorbed : latest event time and count of the events that are in it.
    """

    VERSION: ClassVar[int] = 1

    offered: tuple[str, ...]
    offered_ms: int
    layouts: tuple[str, ...]
    segments: tuple[str, ...]
    sums: Floats
    probabilities: Floats
    latest_ms: Ints
    at_ms: int
    absorbed: int

    @classmethod
    def empty(cls) -> Self:
        nothing = np.zeros((0, 0))
        return cls((), 0, (), (), nothing.reshape(0, 0, SUMS), nothing, np.zeros(0, np.int64), 0, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShopLayouts) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version (1 byte), counts of offered, layouts and segments (2 each), three longs; the names, each
        after its length (2); then big-endian `latest_ms`, `sums` and `probabilities`.

        ValueError: a number is NaN or infinite; such a state must not be kept.
        """
        if not (np.isfinite(self.sums).all() and np.isfinite(self.probabilities).all()):
            raise ValueError("a shop's layouts hold NaN or infinity")
        counts = len(self.offered), len(self.layouts), len(self.segments)
        head = _HEADER.pack(self.VERSION, *counts, self.offered_ms, self.at_ms, self.absorbed)
        names = [name.encode() for name in (*self.offered, *self.layouts, *self.segments)]
        listed = b"".join(_LENGTH.pack(len(name)) + name for name in names)
        arrays = (self.latest_ms.astype(">i8"), self.sums.astype(">f8"), self.probabilities.astype(">f8"))
        return head + listed + b"".join(array.tobytes() for array in arrays)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no layouts."""
        offered, A, P, offered_ms, at_ms, absorbed = read_header(_HEADER, blob, cls.VERSION, "shop's layouts")
        try:
            names, start = _names(blob, offered + A + P)
            latest_ms = np.frombuffer(blob, ">i8", P, start).astype(np.int64)
            numbers = np.frombuffer(blob, ">f8", P * A * (SUMS + 1), start + 8 * P).astype(np.float64)
        except (struct.error, ValueError) as error:
            raise ValueError(f"{len(blob)} bytes are no shop's layouts: {error}") from error
        if len(blob) != start + 8 * P + 8 * len(numbers):
            raise ValueError(f"{len(blob)} bytes are no shop's layouts of {P} × {A}")
        return cls(
            offered=names[:offered],
            offered_ms=offered_ms,
            layouts=names[offered : offered + A],
            segments=names[offered + A :],
            sums=numbers[: P * A * SUMS].reshape(P, A, SUMS),
            probabilities=numbers[P * A * SUMS :].reshape(P, A),
            latest_ms=latest_ms,
            at_ms=at_ms,
            absorbed=absorbed,
        )


def _names(blob: bytes, count: int) -> tuple[tuple[str, ...], int]:
    """So many names, and where they end."""
    start = _HEADER.size

    def each() -> Iterator[str]:
        nonlocal start
        for _ in range(count):
            (length,) = _LENGTH.unpack_from(blob, start)
            start += _LENGTH.size + length
            yield blob[start - length : start].decode()

    return tuple(each()), start
