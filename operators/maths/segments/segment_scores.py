"""How well a visitor's preferences fit each segment of a shop, in nats: the quantity that `bits` measures.

A segment k has a distribution s over the D dimensions, all visitors of its shop together g:

    s_k ∝ S_k + κ g,    g ∝ Σ_k S_k,    score(x, k) = Σ_d x_d log(s_kd / g_d)

With x a visitor's decayed counts, the score is the log-likelihood ratio of the segment against everybody.
The best segment is that of least Kullback-Leibler divergence (Banerjee, Merugu, Dhillon, Ghosh, JMLR 2005).

Arrays may have any leading axes: shops, or restarts of one shop. A segment without weight is dead.
"""

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Floats

DEAD = 1e-6
"""A segment with less than this share of its shop's weight is dead: rounding may leave dust behind."""

UNSEEN = 1e-9
"""Weight of a dimension that nobody has touched, so that its ratio is 1 and not 0/0."""


def alive(sums: Floats) -> NDArray[np.bool_]:
    """(…, K): the segments that hold weight. sums : (…, K, D), at least zero."""
    weight = sums.sum(axis=-1)
    return np.asarray(weight > DEAD * weight.sum(axis=-1, keepdims=True))


def shares(sums: Floats, smoothing: float) -> tuple[Floats, Floats]:
    """(s (…, K, D), g (…, 1, D)), each summing to one over the dimensions.

    sums : (…, K, D) decayed counts. smoothing : κ, in counts, above zero.
    """
    g = everybody(sums)[..., None, :]
    s = sums + smoothing * g
    return s / s.sum(axis=-1, keepdims=True), g


def everybody(sums: Floats) -> Floats:
    """(…, D): g, the distribution of all segments together. sums : (…, K, D)."""
    total = sums.sum(axis=-2) + np.asarray(UNSEEN, dtype=sums.dtype)
    return np.asarray(total / total.sum(axis=-1, keepdims=True))


def log_ratios(sums: Floats, smoothing: float) -> Floats:
    """(…, K, D): log(s/g) in nats; all zero for a dead segment and for a shop without events."""
    s, g = shares(sums, smoothing)
    return np.asarray(np.log(s / g))


def scores(X: Floats, sums: Floats, smoothing: float) -> Floats:
    """(…, n, K) nats; -inf for dead segments, but zero for all of them in a shop without events.

    X : (…, n, D) decayed counts of visitors. sums : (…, K, D) of their shop.
    """
    fit = X @ np.swapaxes(log_ratios(sums, smoothing), -1, -2).astype(X.dtype)
    gone = ~alive(sums) & (sums.sum(axis=(-1, -2), keepdims=True) > 0)[..., 0]
    return np.asarray(np.where(gone[..., None, :], -np.inf, fit))


def own_entry_scores(
    taste: Floats, own: Floats, whole: Floats, rest_weight: Floats, g: Floats, smoothing: float
) -> Floats:
    """Nats that entries of visitors' vectors say for the segment they are in, their own part left out of it.

    Without this a visitor stays where its own weight sits. Of the shop's g it stays a part: that is common
    to all segments it is compared with. All arguments broadcast to the entries.

    taste : what is scored. own : their part of the segment's sums `whole`, at most that.
    rest_weight : weight of the segment without the visitor, over all dimensions. g : of the shop.
    """
    return np.asarray(taste * np.log((whole - own + smoothing * g) / ((rest_weight + smoothing) * g)))
