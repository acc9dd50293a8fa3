"""Which layout suits a visitor: Thompson sampling with a reward that is linear in the visitor's affinities.

Of each layout of a shop, the reward of an exposure is r = θᵀφ + ε with φ = (1, affinities): ridge regression
with a normal posterior, θ ~ N(θ₀ + Λ⁻¹(Σφr − Gθ₀), σ²Λ⁻¹), G = Σφφᵀ, Λ = Λ₀ + G. Agrawal and Goyal (ICML
2013), with a prior and noise read off the shop. What a layout earns enters as sums that add and forget by
event time, so late conversions, and those that are taken back, need no special case.

A rate is not linear where it is near 0 or 1. The choice needs the order of the layouts only.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from operators.maths.arrays import Floats, Ints

LEAST_MOMENT = 0.01
"""Mean square of an affinity below which it counts as that: a shop's first affinities are all alike."""

MOST_AFFINITY = 10.0
"""Who logs more than that is mistaken; nobody's vector leans so far."""

NEGLIGIBLE = 1e-9
"""Reward: less is rounding of what was taken back."""

NODES = 16
"""Of the quadrature: quantiles of the normal distribution."""


@dataclass(frozen=True)
class LinearSettings:
    """half_life_ms : of exposures and rewards; tastes drift with the affinities, not with these.

    prior_exposures : what the prior weighs. spread : of what is sampled, in standard errors; below one
    explores less than the posterior says, which loses less where contexts differ (Chapelle and Li, 2011).
    floor : least probability of a layout.
    """

    half_life_ms: int = 90 * 86_400_000
    prior_exposures: float = 50.0
    spread: float = 0.5
    floor: float = 0.01


@dataclass(frozen=True)
class Posterior:
    """Of B shops with A layouts.

    mean : (B, A, d), in reward per unit of a feature. covariance : (B, A, d, d), its square. known : (B,)
    whether anything has been earned; where not, the rest says nothing.
    """

    mean: Floats
    covariance: Floats
    known: NDArray[np.bool_]


def sums_width(affinities: int) -> int:
    """M: how many numbers a layout keeps: the triangle of φφᵀ, φ·conversions, φ·revenue, revenue²."""
    d = affinities + 1
    return d * (d + 1) // 2 + 2 * d + 1


def features(affinities: Floats) -> Floats:
    """(n, d): one, and the affinities (n, K); what is no number is 0, and none exceeds `MOST_AFFINITY`."""
    finite = np.clip(np.nan_to_num(affinities, posinf=0.0, neginf=0.0), -MOST_AFFINITY, MOST_AFFINITY)
    return np.concatenate([np.ones((len(finite), 1)), finite], axis=1)


def moments(phi: Floats, exposures: Floats, conversions: Floats, revenue: Floats) -> Floats:
    """(n, M): what n rows bring.

    phi : (n, d). exposures : (n,) 1 or 0. conversions : (n,) 1, 0, or -1 for one that is taken back.
    revenue : (n,) of the conversion; NaN, infinite and negative count as zero.
    """
    row, column = np.triu_indices(phi.shape[1])
    earned = np.where(np.isfinite(revenue) & (revenue > 0), revenue, 0.0)
    return np.concatenate(
        [
            exposures[:, None] * phi[:, row] * phi[:, column],
            conversions[:, None] * phi,
            (conversions * earned)[:, None] * phi,
            (conversions * earned**2)[:, None],
        ],
        axis=1,
    )


def update_sums(
    sums: Floats, latest_ms: Ints, arm: tuple[Ints, Ints], at_ms: Ints, brought: Floats, half_life_ms: int
) -> tuple[Floats, Ints]:
    """(sums (B, A, M), latest_ms (B,)) with n rows folded in, in any order; late ones count less.

    arm : shop and layout of each row, (n,). at_ms : (n,) of the exposure. brought : (n, M).
    """
    shop, _ = arm
    latest = latest_ms.copy()
    np.maximum.at(latest, shop, at_ms)
    total = sums * np.exp2((latest_ms - latest) / half_life_ms)[:, None, None]
    np.add.at(total, arm, brought * np.exp2((at_ms - latest[shop]) / half_life_ms)[:, None])
    return total, latest


def posterior(sums: Floats, by_revenue: bool, settings: LinearSettings) -> Posterior:
    """Of sums (B, A, M). A layout that was never shown has the prior: the shop's mean reward, and wide."""
    d = dimensions(sums.shape[-1])
    gram, reward, squares = _moments_of(sums, d, by_revenue)
    shown = np.maximum(gram[:, :, 0, 0].sum(axis=1), 1e-9)
    mean = np.maximum(reward[:, :, 0].sum(axis=1), 0.0) / shown
    noise = np.maximum(squares.sum(axis=1) / shown - mean**2, 0.0)
    moment = np.diagonal(gram.sum(axis=1), axis1=1, axis2=2)[:, 1:].sum(axis=1) / max(d - 1, 1) / shown
    prior = np.ones((len(sums), d))
    prior[:, 1:] = np.maximum(moment, LEAST_MOMENT)[:, None]
    prior *= settings.prior_exposures
    inverse = np.linalg.inv(gram + prior[:, None, :, None] * np.eye(d))
    right = reward.copy()
    right[:, :, 0] += (prior[:, 0] * mean)[:, None]
    return Posterior(
        np.einsum("bade,bae->bad", inverse, right),
        np.asarray(inverse * noise[:, None, None, None]),
        np.asarray((noise > 0) & (mean > NEGLIGIBLE)),
    )


def _moments_of(sums: Floats, d: int, by_revenue: bool) -> tuple[Floats, Floats, Floats]:
    """(Σφφᵀ (B, A, d, d), Σφr (B, A, d), Σr² (B, A))."""
    row, column = np.triu_indices(d)
    gram = np.zeros((*sums.shape[:2], d, d))
    gram[:, :, row, column] = gram[:, :, column, row] = sums[:, :, : len(row)]
    conversions, revenue = np.split(sums[:, :, len(row) : -1], 2, axis=2)
    if by_revenue:
        return gram, revenue, sums[:, :, -1]
    return gram, conversions, conversions[:, :, 0]  # 1² = 1


def values(mean: Floats, covariance: Floats, phi: Floats) -> tuple[Floats, Floats]:
    """(mean (n, A), standard error (n, A)) of each layout's reward for one shop's visitors, phi (n, d).

    mean : (A, d). covariance : (A, d, d).
    """
    variance = np.einsum("nd,ade,ne->na", phi, covariance, phi)
    return phi @ mean.T, np.sqrt(np.maximum(variance, 0.0))


def choice_probabilities(mean: Floats, error: Floats, settings: LinearSettings) -> Floats:
    """(n, A): how often each of A independent normals is the greatest, at least `floor`; rows sum to one.

    P(a) = ∫ φ(t) Π_{b≠a} Φ((μ_a + σ_a t − μ_b)/σ_b) dt, by `NODES` quantiles: within .02. The floor is
    lowered where layouts are too many for it. mean, error : (n, A).
    """
    A = mean.shape[1]
    spread = np.maximum(settings.spread * error, 1e-9)
    nodes = ndtri((np.arange(NODES) + 0.5) / NODES)
    best = np.empty(mean.shape)
    for a in range(A):
        drawn = mean[:, a, None] + spread[:, a, None] * nodes  # (n, NODES)
        below = np.ones(drawn.shape)
        for b in range(A):
            if b != a:
                below *= ndtr((drawn - mean[:, b, None]) / spread[:, b, None])
        best[:, a] = below.mean(axis=1)
    best += 1e-12  # of many that are all alike, the quantiles may miss the greatest
    floor = min(settings.floor, 1 / A / 2)
    return np.asarray(floor + (1 - floor * A) * best / best.sum(axis=1, keepdims=True))


def dimensions(width: int) -> int:
    """d of M = d(d + 1)/2 + 2d + 1, as `sums_width` gives it: one more than there are affinities."""
    return round((sqrt(25 + 8 * (width - 1)) - 5) / 2)
