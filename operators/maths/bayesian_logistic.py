"""Bayesian logistic regressions side by side: one for all articles, or one an article, in the same few steps.

Laplace approximation, a batch at a time: Spiegelhalter and Lauritzen (Networks, 1990); Chapelle and Li (NIPS
2011), algorithm 3, here with the full precision instead of its diagonal. It is poor where a posterior is
skewed: few rows and a wide prior. Around an offset that already predicts, a variance of .5 is narrow enough.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from operators.maths.arrays import Floats, Ints

STEPS = 8  # of Newton's method a batch at most, from the mode before it: two or three do mostly
NEAR = 1e-10
"""Square of a step in posterior standard deviations (the Newton decrement): such a step is the last, and the
precision is as of before it."""

HALVINGS = 60  # of a step that would make the posterior less likely; then no step


@dataclass(frozen=True)
class Posteriors:
    """A models of d coefficients. mean : (A, d), log-odds a feature unit. precision : (A, d, d)."""

    mean: Floats
    precision: Floats

    @classmethod
    def prior(cls, models: int, variance: Floats) -> "Posteriors":
        """Independent coefficients around zero; variance : (d,), positive."""
        return cls(np.zeros((models, len(variance))), np.tile(np.diag(1 / variance), (models, 1, 1)))


def predict(posteriors: Posteriors, X: Floats, model: Ints | None, offset: Floats) -> tuple[Floats, Floats]:
    """(n,) log-odds a = x m + offset, and (n,) their variance s² = x Λ⁻¹ x.

    X : (n, d). model : (n,) which of the A models a row belongs to; None: all to the one that there is. What
    comes of a model does not depend on the others, to the last digit.
    """
    a = _reached(X, posteriors.mean, model) + offset
    if model is None:
        reach = X @ np.linalg.inv(posteriors.precision[0])
    else:
        used, of = np.unique(model, return_inverse=True)
        reach = (X[:, None, :] @ np.linalg.inv(posteriors.precision[used])[of])[:, 0]
    return a, np.maximum(np.einsum("nd,nd->n", X, reach), 0.0)


def probability(a: Floats, variance: Floats) -> Floats:
    """E σ over the posterior: σ(a/√(1 + πs²/8)) (MacKay, Neural Computation 1992)."""
    return np.asarray(expit(a / np.sqrt(1 + np.pi * variance / 8)))


def interval(a: Floats, variance: Floats, level: float = 0.9) -> tuple[Floats, Floats]:
    """Bounds between which the click probability lies with probability `level`."""
    reach = float(ndtri((1 + level) / 2)) * np.sqrt(variance)
    return np.asarray(expit(a - reach)), np.asarray(expit(a + reach))


def update(prior: Posteriors, X: Floats, y: Floats, model: Ints | None, offset: Floats) -> Posteriors:
    """Fold a batch into the models of its rows; a model without rows stays as it is.

    X : (n, d). y : (n,), 1.0 clicked, 0.0 not. model : (n,), or None, as `predict` takes it. offset : (n,),
    log-odds before any model.

    Raises
    ------
    ValueError : the arguments disagree on n or d, or hold what is not finite.
    """
    _check(prior, X, y, model, offset)
    if not len(X):
        return prior
    if model is not None:
        order = np.argsort(model, kind="stable")
        X, y, model, offset = X[order], y[order], model[order], offset[order]
    summed = sums_by(model, len(prior.mean))
    information = _information(X, model, summed, len(prior.mean))
    weighted = _weighted_sum(X, model, summed)

    def loss(w: Floats) -> Floats:
        """(A,): minus the log posterior."""
        a, away = _reached(X, w, model) + offset, w - prior.mean
        missed = summed(np.logaddexp(0, a) - y * a)
        return np.asarray(missed + np.einsum("ai,aij,aj->a", away, prior.precision, away) / 2)

    w, precision, lost = prior.mean, prior.precision, loss(prior.mean)
    moving = np.ones(len(w), dtype=bool)  # each model ends by itself, whatever the others need
    for _ in range(STEPS):
        p = expit(_reached(X, w, model) + offset)
        curvature = prior.precision + information(p * (1 - p))
        gradient = np.einsum("aij,aj->ai", prior.precision, w - prior.mean) - weighted(y - p)
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        precision = np.where(moving[:, None, None], curvature, precision)
        w, lost = _descend(w, np.where(moving[:, None], step, 0.0), loss, lost)
        moving = moving & (np.einsum("ai,ai->a", gradient, step) > NEAR)
        if not moving.any():
            break
    return Posteriors(w, precision)


def forget(posteriors: Posteriors, prior: Posteriors, kept: float) -> Posteriors:
    """Λ ← ρΛ + (1−ρ)Λ₀ and Λm ← ρΛm + (1−ρ)Λ₀m₀, with ρ = `kept`: 1 forgets nothing, 0 everything."""
    precision = kept * posteriors.precision + (1 - kept) * prior.precision
    pull = kept * _pull(posteriors) + (1 - kept) * _pull(prior)
    return Posteriors(np.linalg.solve(precision, pull[:, :, None])[:, :, 0], precision)


def sums_by(model: Ints | None, models: int) -> Callable[[Floats], Floats]:
    """A function that sums rows (n, …) by model, to (models, …); None: all are of one."""
    if model is None:
        return lambda rows: np.asarray(rows.sum(axis=0)[None])
    order = np.argsort(model, kind="stable")
    present, first = np.unique(model[order], return_index=True)
    is_sorted = bool((np.diff(model) >= 0).all())

    def summed(rows: Floats) -> Floats:
        found = np.zeros((models, *rows.shape[1:]))
        if len(present):
            found[present] = np.add.reduceat(rows if is_sorted else rows[order], first, axis=0)
        return found

    return summed


def _reached(X: Floats, w: Floats, model: Ints | None) -> Floats:
    """(n,): each row times the coefficients of its model."""
    return np.asarray(X @ w[0] if model is None else np.einsum("nd,nd->n", X, w[model]))


def _descend(
    w: Floats, step: Floats, loss: Callable[[Floats], Floats], before: Floats
) -> tuple[Floats, Floats]:
    """w − step and its loss, with the step of each model halved until its loss does not grow."""
    scale = np.ones((len(w), 1))
    for _ in range(HALVINGS):
        after = loss(w - scale * step)
        worse = ~(after <= before + 1e-12 * np.abs(before))
        if not worse.any():
            return np.asarray(w - scale * step), after
        scale[worse] /= 2
    return np.where(worse[:, None], w, w - scale * step), np.where(worse, before, after)


def _information(
    X: Floats, model: Ints | None, summed: Callable[[Floats], Floats], models: int
) -> Callable[[Floats], Floats]:
    """A function of weights r (n,) that gives (A, d, d): Σ r x xᵀ of each model's rows."""
    if model is None:
        return lambda weight: _squared(X * np.sqrt(weight)[:, None])[None]
    d = X.shape[1]
    row, column = np.triu_indices(d)
    products = X[:, row] * X[:, column]

    def information(weight: Floats) -> Floats:
        found = np.empty((models, d, d))
        found[:, row, column] = summed(products * weight[:, None])
        found[:, column, row] = found[:, row, column]
        return found

    return information


def _weighted_sum(
    X: Floats, model: Ints | None, summed: Callable[[Floats], Floats]
) -> Callable[[Floats], Floats]:
    """A function of weights r (n,) that gives (A, d): Σ r x of each model's rows."""
    if model is None:
        return lambda weight: np.asarray((weight @ X)[None])
    return lambda weight: summed(X * weight[:, None])


def _squared(Z: Floats) -> Floats:
    """(d, d): ZᵀZ, symmetric to the last digit and at half the cost, since numpy sees that Z is Z."""
    return np.asarray(Z.T @ Z)


def _pull(posteriors: Posteriors) -> Floats:
    return np.asarray(np.einsum("aij,aj->ai", posteriors.precision, posteriors.mean))


def _check(prior: Posteriors, X: Floats, y: Floats, model: Ints | None, offset: Floats) -> None:
    models = len(X) if model is None else len(model)
    if len({len(X), len(y), models, len(offset)}) > 1:
        raise ValueError(f"rows: X {len(X)}, y {len(y)}, model {models}, offset {len(offset)}")
    if X.ndim != 2 or X.shape[1] != prior.mean.shape[1]:
        raise ValueError(f"X is {X.shape}, the models have {prior.mean.shape[1]} coefficients")
    if not (np.isfinite(X).all() and np.isfinite(offset).all()):
        raise ValueError("a feature or an offset is not finite")
