"""The bytes of what was learned of the choices in one facet."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bHHqq")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChoiceState:
    """C values and K features. at_ms : event time as of which it stands. learned : choices so far.

    values : C names. everybody : (C,) shares. shared : (K,), own : (C, K) weights; information : (K, K),
    own_information : (C, K, K) of them.
    """

    VERSION: ClassVar[int] = 1

    at_ms: int
    learned: int
    values: tuple[bytes, ...]
    everybody: Floats
    shared: Floats
    own: Floats
    information: Floats
    own_information: Floats

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChoiceState) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def _arrays(self) -> list[Floats]:
        return [self.everybody, self.shared, self.own, self.information, self.own_information]

    def to_bytes(self) -> bytes:
        """Version (1 byte), C and K (2 each), two longs, each name after its length (2), big-endian doubles.

        ValueError: a number is NaN or infinite; such a state must not be kept.
        """
        if not all(np.isfinite(array).all() for array in self._arrays()):
            raise ValueError("a choice model holds NaN or infinity")
        header = _HEADER.pack(self.VERSION, len(self.values), len(self.shared), self.at_ms, self.learned)
        names = b"".join(struct.pack(">H", len(value)) + value for value in self.values)
        return header + names + b"".join(array.astype(">f8").tobytes() for array in self._arrays())

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no model."""
        C, K, at_ms, learned = read_header(_HEADER, blob, cls.VERSION, "choice model")
        values, position = [], _HEADER.size
        for _ in range(C):
            start = position + 2
            position = start + int.from_bytes(blob[position:start], "big")
            values.append(blob[start:position])
        if len(blob) - position != 8 * (C + K + C * K + K * K + C * K * K):
            raise ValueError(f"{len(blob)} bytes are no choice model of {C} × {K}")
        numbers = np.frombuffer(blob, ">f8", offset=position).astype(np.float64)
        ends = np.cumsum([C, K, C * K, K * K])
        everybody, shared, own, information, own_information = np.split(numbers, ends)
        return cls(
            at_ms,
            learned,
            tuple(values),
            everybody,
            shared,
            own.reshape(C, K),
            information.reshape(K, K),
            own_information.reshape(C, K, K),
        )
