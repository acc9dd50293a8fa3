"""The bytes of what a shop's layouts earned from whom, in keyed state: sums over visitors' affinities."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bHHq")
_LENGTH = struct.Struct(">H")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShopMoments:
    """A layouts.

    layouts : names of rows. sums : (A, M), see `moments` of the linear bandit. latest_ms : event time to
    which they are decayed.
    """

    VERSION: ClassVar[int] = 1

    layouts: tuple[str, ...]
    sums: Floats
    latest_ms: int

    @classmethod
    def empty(cls, width: int) -> Self:
        """width : M."""
        return cls((), np.zeros((0, width)), 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShopMoments) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version (1 byte), A and M (2 each), `latest_ms`; the names, each after its length (2); the sums.

        ValueError: a number is NaN or infinite; such a state must not be kept.
        """
        if not np.isfinite(self.sums).all():
            raise ValueError("a shop's moments hold NaN or infinity")
        head = _HEADER.pack(self.VERSION, *self.sums.shape, self.latest_ms)
        names = b"".join(_LENGTH.pack(len(name)) + name for name in map(str.encode, self.layouts))
        return head + names + self.sums.astype(">f8").tobytes()

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no moments."""
        A, M, latest_ms = read_header(_HEADER, blob, cls.VERSION, "shop's moments")
        names, start = [], _HEADER.size
        try:
            for _ in range(A):
                (length,) = _LENGTH.unpack_from(blob, start)
                start += _LENGTH.size + length
                names.append(blob[start - length : start].decode())
        except (struct.error, ValueError) as error:
            raise ValueError(f"{len(blob)} bytes are no shop's moments: {error}") from error
        if len(blob) != start + 8 * A * M:
            raise ValueError(f"{len(blob)} bytes are no shop's moments of {A} × {M}")
        sums = np.frombuffer(blob, ">f8", A * M, start).astype(np.float64).reshape(A, M)
        return cls(tuple(names), sums, latest_ms)
