"""The bytes of an article's statistics and model in keyed state."""

import struct
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bBBHHqq")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArticleState:
    """One article: sums at H half-lives, a model of d coefficients, m remembered impressions, oldest first.

    sums : (4, H), impressions, clicks, chances and labelled impressions, as log2 S + T/h; -inf for none.
    mean : (d,). precision : (d, d), symmetric. reader : (m, d - 1) float32. slate : (m, S) bytes.
    residual, chance : (m,) float32. learnt : labelled impressions in all. first_ms : event time of the first
    impression, epoch ms.
    """

    VERSION: ClassVar[int] = 1

    sums: Floats
    mean: Floats
    precision: Floats
    reader: NDArray[np.float32]
    slate: NDArray[np.uint8]
    residual: NDArray[np.float32]
    chance: NDArray[np.float32]
    learnt: int
    first_ms: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArticleState) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version, H and d (1 byte each), m and S (2 each), learnt and first_ms (8 each); then big-endian
        sums, mean and upper triangle of the precision as doubles, reader, residual, chance as floats; slate.

        ValueError: a number is NaN, or one of the model infinite; such a state must not be kept.
        """
        if np.isnan(self.sums).any() or not (
            np.isfinite(self.mean).all() and np.isfinite(self.precision).all()
        ):
            raise ValueError("an article's state holds NaN or infinity")
        d, (m, S) = len(self.mean), self.slate.shape
        header = _HEADER.pack(self.VERSION, self.sums.shape[1], d, m, S, self.learnt, self.first_ms)
        doubles = self.sums.ravel(), self.mean, self.precision[_upper(d)]
        floats = self.reader.ravel(), self.residual, self.chance
        return b"".join(
            [
                header,
                *(of.astype(">f8").tobytes() for of in doubles),
                *(of.astype(">f4").tobytes() for of in floats),
                self.slate.tobytes(),
            ]
        )

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no state."""
        H, d, m, S, learnt, first_ms = read_header(_HEADER, blob, cls.VERSION, "article's state")
        doubles, floats = 4 * H + d + d * (d + 1) // 2, m * (d + 1)
        if len(blob) != _HEADER.size + 8 * doubles + 4 * floats + m * S:
            raise ValueError(f"{len(blob)} bytes are no article's state of {m} impressions")
        numbers = np.frombuffer(blob, ">f8", doubles, _HEADER.size).astype(np.float64)
        remembered = np.frombuffer(blob, ">f4", floats, _HEADER.size + 8 * doubles).astype(np.float32)
        slate = np.frombuffer(blob, np.uint8, m * S, len(blob) - m * S).reshape(m, S)
        sums, mean, triangle = np.split(numbers, [4 * H, 4 * H + d])
        reader, residual, chance = np.split(remembered, [m * (d - 1), m * d])
        return cls(
            sums.reshape(4, H),
            mean,
            _symmetric(triangle, d),
            reader.reshape(m, d - 1),
            slate,
            residual,
            chance,
            learnt,
            first_ms,
        )


@cache
def _upper(d: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(d)


def _symmetric(triangle: Floats, d: int) -> Floats:
    whole = np.empty((d, d))
    whole[_upper(d)] = triangle
    whole.T[_upper(d)] = triangle
    return whole
