"""How much a visitor is of each segment, beyond the one it is in: what a choice for this visitor rests on.

A visitor's affinity to segment k is the log-likelihood ratio of what it touched, against everybody, over the
root of how much that was: a score statistic, near zero for who has just come. Repeats are damped first.
"""

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.preferences.burstiness import damped
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_scores import alive, log_ratios
from operators.maths.segments.visits import Visits, clean

BURSTINESS = 4.0
"""A view weighs a quarter: the second touch of a category says half as much as the first."""

PRIOR = 1.0
"""Damped counts that are added to a visitor's: one who touched a single item leans nowhere for sure."""

STEP = 1.25
"""A visitor is told anew once so much more is known of it, as a ratio of damped counts."""


def affinities(models: SegmentModels, visits: Visits, smoothing: float) -> Floats:
    """(n, K): of each visit's visitor, what the visit brought included; 0 for dead segments.

    models : of the shops of the visits, decayed to the time of the batch. smoothing : κ of `shares`.
    """
    visits = clean(visits)
    by_dimension = np.ascontiguousarray(np.swapaxes(_ratios(models.sums, smoothing), 1, 2))  # (B, D, K)
    counts = damped(visits.before + visits.added, BURSTINESS)
    nats = visits.per_row(counts[:, None] * by_dimension[visits.shop[visits.row], visits.dimension])
    return np.asarray(nats / np.sqrt(visits.per_row(counts) + PRIOR)[:, None])


def affinities_of(X: Floats, sums: Floats, smoothing: float) -> Floats:
    """(n, K): the same of whole vectors X (n, D) at one shop, sums (K, D)."""
    counts = damped(X, BURSTINESS)
    nats = counts @ _ratios(sums, smoothing).T
    return np.asarray(nats / np.sqrt(counts.sum(axis=1) + PRIOR)[:, None])


def _ratios(sums: Floats, smoothing: float) -> Floats:
    """(…, K, D) nats a touch; 0 for dead segments."""
    sums = np.maximum(sums, 0.0)
    return np.where(alive(sums)[..., None], log_ratios(sums, smoothing), 0.0)


def knows_more(visits: Visits) -> np.typing.NDArray[np.bool_]:
    """(n,): whether a visit takes what is known of its visitor past a step, so that it is told anew.

    Steps are powers of `STEP`, so no more is kept for it, and a visitor of n events is told O(log n) times.
    """
    visits = clean(visits)
    before = visits.per_row(damped(visits.before, BURSTINESS))
    after = visits.per_row(damped(visits.before + visits.added, BURSTINESS))
    return np.asarray(_step(after) > _step(before))


def _step(known: Floats) -> Ints:
    return np.asarray(np.floor(np.log(known + PRIOR) / np.log(STEP)), dtype=np.int64)
