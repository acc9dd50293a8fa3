"""Segments from a sample of a shop's visitors: annealed at first, then hard.

Hard assignment alone ends in poor optima. Deterministic annealing (Rose, Gurewitz, Fox 1990; Ueda and Nakano,
Neural Networks 1998) starts with memberships ∝ exp(η · score) at a small η and raises it geometrically. What
follows is k-means for the Kullback-Leibler divergence in which a visitor's fit to its own segment leaves its
own part out.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.segment_scores import Floats, Ints, own_scores, scores


@dataclass(frozen=True)
class Annealing:
    """η from `first` to `last` in `steps`, then at most `hard_steps` of hard assignment."""

    first: float = 0.02
    last: float = 0.5
    steps: int = 40
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
    for step in range(steps + 1):
        sums = np.swapaxes(memberships(labels, k, X.dtype), -1, -2) @ X
        of_own = np.take_along_axis(sums, labels[..., None], axis=-2)
        own = own_scores(X, X, of_own, sums.sum(axis=-2, keepdims=True), smoothing)
        if step == steps:
            break
        fit = scores(X, sums, smoothing)
        np.put_along_axis(fit, labels[..., None], own[..., None], axis=-1)
        moved = fit.argmax(axis=-1)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return Fit(labels, own.sum(axis=-1))


def softmax(logits: Floats) -> Floats:
    """Over the last axis; rows of -inf only are not allowed."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
