"""The bytes of articles in the keyed state of the job `article_scores`, those of a batch at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ArticleStates:
    """A articles: sums at H half-lives, a model of d coefficients each.

    at_ms : (A,) event time of the latest list that each was in. absorbed : (A,) impressions and outcomes
    taken in. first_ms : (A,) event time of the first impression. learnt : (A,) labelled impressions in all.
    sums : (A, 4, H), impressions, clicks, chances and labelled impressions, as log2 S + T/h; -inf for none.
    mean : (A, d). precision : (A, d, d), symmetric.
    """

    VERSION: ClassVar[int] = 1

    at_ms: Ints
    absorbed: Ints
    first_ms: Ints
    learnt: Ints
    sums: Floats
    mean: Floats
    precision: Floats

    def pack(self) -> list[bytes]:
        """Of each article: version, H and d (1 byte each), then the fields in their order, little-endian, of
        the precision the upper triangle.

        ValueError: a number is NaN, or one of the model infinite; such a state must not be kept.
        """
        if np.isnan(self.sums).any() or not np.isfinite(self.mean).all():
            raise ValueError("an article's state holds NaN or infinity")
        if not np.isfinite(self.precision).all():
            raise ValueError("an article's state holds NaN or infinity")
        H, d = self.sums.shape[2], self.mean.shape[1]
        rows = np.empty(len(self.at_ms), _layout(H, d))
        rows["version"], rows["half_lives"], rows["coefficients"] = self.VERSION, H, d
        for name in ("at_ms", "absorbed", "first_ms", "learnt", "sums", "mean"):
            rows[name] = getattr(self, name)
        rows["precision"] = self.precision[:, *_upper(d)]
        return cut(rows.tobytes(), rows.itemsize)

    @classmethod
    def unpack(cls, packed: Sequence[bytes], half_lives: int, coefficients: int) -> "ArticleStates":
        """Read any version released so far.

        ValueError: another version, or articles of other half-lives or dimensions: a rebuild is due.
        """
        layout = _layout(half_lives, coefficients)
        for one in packed:
            if one[:1] != b"\x01":
                raise ValueError(f"article's state of version {one[:1].hex()}; this release reads 1")
            if len(one) != layout.itemsize or one[1:3] != bytes((half_lives, coefficients)):
                raise ValueError(
                    "an article's state was written with other half-lives or dimensions: rebuild"
                )
        rows: Any = np.frombuffer(b"".join(packed), layout)
        upper, precision = _upper(coefficients), np.empty((len(rows), coefficients, coefficients))
        precision[:, *upper] = rows["precision"]
        precision[:, *upper[::-1]] = rows["precision"]
        plain = ("at_ms", "absorbed", "first_ms", "learnt", "sums", "mean")
        return cls(*[*(rows[name].copy() for name in plain), precision])


def cut(packed: bytes, size: int) -> list[bytes]:
    """Pieces of one size."""
    return [packed[start : start + size] for start in range(0, len(packed), size)]


@cache
def _layout(H: int, d: int) -> np.dtype:  # type: ignore[type-arg]
    sizes = [(name, "u1") for name in ("version", "half_lives", "coefficients")]
    whole = [(name, "<i8") for name in ("at_ms", "absorbed", "first_ms", "learnt")]
    numbers = [("sums", (4, H)), ("mean", (d,)), ("precision", (d * (d + 1) // 2,))]
    return np.dtype([*sizes, *whole, *((name, "<f8", shape) for name, shape in numbers)])


@cache
def _upper(d: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(d)
