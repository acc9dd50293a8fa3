"""Segments from a sample of a shop's visitors: annealed at first, then hard.

Hard assignment alone ends in poor optima. Deterministic annealing (Rose, Gurewitz, Fox 1990; Ueda and Nakano,
Neural Networks 1998) starts with memberships ∝ exp(η · score) at a small η and raises it geometrically. What
follows is k-means for the Kullback-Leibler divergence in which a visitor's fit to its own segment leaves its
own part out.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.segment_scores import everybody, own_entry_scores, scores


@dataclass(frozen=True)
class Annealing:
    """η from `first` to `last` in `steps`, then at most `hard_steps` of hard assignment.

    One step, the default, does not anneal. More found no better segments, and they need an η that suits the
    size of counts: where `last` times a visitor's scores is small, all memberships stay alike, and the fit
    ends in one segment.
    """

    first: float = 0.02
    last: float = 0.5
    steps: int = 1
    hard_steps: int = 20
    concentration: float = 5.0
    """Of the Dirichlet memberships to begin with: the larger, the more alike."""


@dataclass(frozen=True)
class Fit:
    """Fits of R restarts (or shops).

    labels : (R, n) segment of each visitor. objective : (R,) Σ of the visitors' scores in nats, each
    visitor's own part left out of its segment: it does not grow with segments that explain nobody else.
    """

    labels: Ints
    objective: Floats


def memberships(labels: Ints, k: int, dtype: np.typing.DTypeLike = np.float64) -> Floats:
    """(…, n, k): one where the visitor is a member; all zero for label -1."""
    return np.asarray(labels[..., None] == np.arange(k)).astype(dtype)


def anneal(X: Floats, k: int, restarts: int, smoothing: float, schedule: Annealing, seed: int) -> Fit:
    """Fit k segments to one sample, `restarts` times at once.

    X : (n, D) decayed counts; a row of zeros is nobody. n = 0 gives no labels and an objective of zero.
    """
    random = np.random.default_rng(seed)
    n = len(X)
    R = random.dirichlet(np.full(k, schedule.concentration), (restarts, n)).astype(X.dtype)
    fit = np.zeros((restarts, n, k), dtype=X.dtype)
    for step in range(schedule.steps):
        fit = scores(X, np.swapaxes(R, -1, -2) @ X, smoothing)
        eta = schedule.first * (schedule.last / schedule.first) ** (step / schedule.steps)
        R = softmax(fit * np.asarray(eta, dtype=X.dtype))
    return refine(X, fit.argmax(axis=-1), k, smoothing, schedule.hard_steps)


def refine(X: Floats, labels: Ints, k: int, smoothing: float, steps: int) -> Fit:
    """Move visitors to their best segment, all at once, at most `steps` times, and tell the objective.

    X : (n, D). labels : (R, n) to begin with.
    """
    entries = _Entries.of(X)
    restart = np.arange(len(labels))[:, None]
    for step in range(steps + 1):
        sums = np.swapaxes(memberships(labels, k, X.dtype), -1, -2) @ X
        own = entries.own_scores(sums, labels, smoothing)
        if step == steps:
            break
        fit = scores(X, sums, smoothing)
        fit[restart, np.arange(len(X)), labels] = own
        moved = fit.argmax(axis=-1)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return Fit(labels, own.sum(axis=-1))


@dataclass(frozen=True)
class _Entries:
    """The entries of X that are not zero: logarithms are taken of no others."""

    x: Floats
    row: Ints
    dimension: Ints
    weight: Floats
    filled: Ints

    @classmethod
    def of(cls, X: Floats) -> "_Entries":
        row, dimension = np.nonzero(X)
        return cls(X[row, dimension], row, dimension, X.sum(axis=1), np.flatnonzero(X.any(axis=1)))

    def own_scores(self, sums: Floats, labels: Ints, smoothing: float) -> Floats:
        """(R, n) nats of each visitor for the segment it is in; sums : (R, k, D), labels : (R, n)."""
        out = np.zeros(labels.shape, dtype=sums.dtype)
        if len(self.filled):
            restart = np.arange(len(labels))[:, None]
            rest = np.maximum(sums.sum(axis=-1)[restart, labels] - self.weight, 0)[:, self.row]
            whole = np.maximum(sums[restart, labels[:, self.row], self.dimension], self.x)
            g = everybody(sums)[:, self.dimension]
            nats = own_entry_scores(self.x, self.x, whole, rest, g, smoothing)
            out[:, self.filled] = np.add.reduceat(nats, np.searchsorted(self.row, self.filled), axis=1)
        return out


def softmax(logits: Floats) -> Floats:
    """Over the last axis; rows of -inf only are not allowed."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
