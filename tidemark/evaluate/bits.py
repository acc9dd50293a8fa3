"""Bits that segments gain per purchase over everybody's distribution."""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.segment_scores import UNSEEN, log_ratios


@dataclass(frozen=True)
class Bits:
    """Sums over purchases at each of B shops: (B,). `mean` is what is reported."""

    gained: Floats
    left_out: Floats
    purchases: Floats

    @classmethod
    def none(cls, shops: int) -> "Bits":
        return cls(*(np.zeros(shops) for _ in range(3)))

    def __add__(self, other: "Bits") -> "Bits":
        return Bits(
            self.gained + other.gained, self.left_out + other.left_out, self.purchases + other.purchases
        )

    @property
    def mean(self) -> Floats:
        return self.gained / self.purchases

    @property
    def mean_left_out(self) -> Floats:
        return self.left_out / self.purchases


def bits_of(counts: Floats, own: Floats, sums: Floats, segment: Ints, smoothing: float) -> Bits:
    """Of purchases that nothing has learned from yet. A visitor without a segment gains nothing.

    counts : (n, D) purchases. own : (n, D) the visitors' part of the sums, left out of segment and shop
    for `left_out`. sums : (B, K, D). segment : (B, n), -1 for none.
    """
    known, here = segment >= 0, np.maximum(segment, 0)
    shop = np.arange(len(sums))[:, None]
    gained = np.einsum("nd,bnd->bn", counts, log_ratios(sums, smoothing)[shop, here])
    total = np.maximum(sums.sum(axis=1)[:, None] - own, 0.0) + UNSEEN
    g = total / total.sum(axis=-1, keepdims=True)
    s = np.maximum(sums[shop, here] - own, 0.0) + smoothing * g
    without = np.einsum("nd,bnd->bn", counts, np.log(s / s.sum(axis=-1, keepdims=True) / g))
    purchases = np.full(len(sums), counts.sum())
    return Bits(
        (gained * known).sum(axis=1) / np.log(2), (without * known).sum(axis=1) / np.log(2), purchases
    )
