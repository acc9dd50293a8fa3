"""Which layout to show a segment: Thompson sampling on conversions that are forgotten at a half-life.

Each (shop, segment) holds a row of layouts. A layout's conversions are Beta distributed, and what a converted
exposure brings is normal with a prior; a layout's value is the product. Thompson (1933); Chapelle and Li
(NIPS 2011); discounting: Raj and Kalyani (2017). Late conversions are added whenever they come, decayed to
their exposure.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Floats, Ints

Bools = NDArray[np.bool_]

NEGLIGIBLE = 1e-9
"""Conversions: less is rounding of what was taken back, and its revenue too."""

DRAWS_AT_ONCE = 2_000_000
"""Numbers held at a time: 16 MB."""


@dataclass(frozen=True)
class BanditSettings:
    """half_life_ms : of exposures and conversions. prior_conversions, prior_failures : of the Beta prior.

    prior_revenues : conversions that the prior of the mean revenue is worth. floor : least probability of
    a layout that is offered, so that logged propensities stay useful. draws : of the Monte Carlo estimate.
    """

    half_life_ms: int = 7 * 86_400_000
    prior_conversions: float = 1.0
    prior_failures: float = 19.0
    prior_revenues: float = 5.0
    floor: float = 0.01
    draws: int = 2048


@dataclass(frozen=True)
class LayoutArms:
    """P policies (shop and segment) over A layouts; decayed to `latest_ms` (P,). All of shape (P, A).

    exposures, conversions : decayed counts; conversions at most exposures.
    revenue, revenue_squares : sums over conversions, for the posterior of a conversion's worth.
    """

    exposures: Floats
    conversions: Floats
    revenue: Floats
    revenue_squares: Floats
    latest_ms: Ints

    @classmethod
    def empty(cls, policies: int, layouts: int) -> "LayoutArms":
        nothing = np.zeros((policies, layouts))
        return cls(nothing, nothing, nothing, nothing, np.zeros(policies, dtype=np.int64))


@dataclass(frozen=True)
class Outcomes:
    """Of n rows: exposures, and conversions of exposures earlier or now. All (n,).

    policy, layout : indices. at_ms : event time of the exposure, also for its conversion.
    exposures : 1 or 0. conversions : 1, 0, or -1 for one that is taken back. revenue : all that the
    conversion has brought; of one that is taken back, what it had brought when it was added.
    """

    policy: Ints
    layout: Ints
    at_ms: Ints
    exposures: Floats
    conversions: Floats
    revenue: Floats


def update_arms(arms: LayoutArms, outcomes: Outcomes, half_life_ms: int) -> LayoutArms:
    """Fold outcomes in; their order is irrelevant, late ones count as decayed. No rows change nothing.

    Revenue that is NaN, infinite or negative counts as zero.
    """
    latest = arms.latest_ms.copy()
    np.maximum.at(latest, outcomes.policy, outcomes.at_ms)
    kept = np.exp2((arms.latest_ms - latest) / half_life_ms)[:, None]
    weight = np.exp2((outcomes.at_ms - latest[outcomes.policy]) / half_life_ms)
    fine = np.isfinite(outcomes.revenue) & (outcomes.revenue > 0)
    revenue = np.where(fine, outcomes.revenue, 0.0)

    def add(sums: Floats, amount: Floats) -> Floats:
        total: Floats = sums * kept
        np.add.at(total, (outcomes.policy, outcomes.layout), amount * weight)
        return total

    return LayoutArms(
        add(arms.exposures, outcomes.exposures),
        add(arms.conversions, outcomes.conversions),
        add(arms.revenue, revenue * outcomes.conversions),
        add(arms.revenue_squares, revenue**2 * outcomes.conversions),
        latest,
    )


def sampling_probabilities(
    arms: LayoutArms, offered: Bools, settings: BanditSettings, by_revenue: bool, seed: int = 0
) -> Floats:
    """(P, A): how often Thompson sampling would show each layout, at least `floor` for each that is offered.

    Estimated with `draws` common random numbers, the same for the same seed: standard error at most
    .5/√draws, .011 at the default. A layout that is not offered (removed) has 0; a new one has its prior, so
    it is explored. Rows without an offered layout are all zero. offered : (P, A). The floor is lowered where
    the layouts are too many for it.
    """
    wins = _wins(arms, offered, settings, by_revenue, seed)
    count = offered.sum(axis=1, keepdims=True)
    floor = np.minimum(settings.floor, 1 / np.maximum(count, 1) / 2)
    return np.where(offered, floor + (1 - floor * count) * wins, 0.0)


def _wins(arms: LayoutArms, offered: Bools, settings: BanditSettings, by_revenue: bool, seed: int) -> Floats:
    """(P, A): share of the draws in which each layout is the best, some policies at a time for memory."""
    random = np.random.default_rng(seed)
    P, A = offered.shape
    wins = np.zeros((P, A))
    step = max(1, DRAWS_AT_ONCE // (max(A, 1) * settings.draws))
    for start in range(0, P, step):
        part = slice(start, start + step)
        value = np.full((*offered[part].shape, settings.draws), -np.inf)
        value[offered[part]] = _draws(
            select_policies(arms, part), offered[part], settings, by_revenue, random
        )
        best = value.argmax(axis=1) + A * np.arange(len(value))[:, None]
        wins[part] = np.bincount(best.ravel(), minlength=value.shape[0] * A).reshape(-1, A) / settings.draws
    return wins


def select_policies(arms: LayoutArms, part: slice | Bools) -> LayoutArms:
    """Some of the policies: a slice, or (P,) which."""
    return LayoutArms(*(getattr(arms, field.name)[part] for field in fields(LayoutArms)))


def _draws(
    arms: LayoutArms, offered: Bools, settings: BanditSettings, by_revenue: bool, random: np.random.Generator
) -> Floats:
    """(offered layouts, draws): of each one's value."""
    a, b = (parameter[offered][:, None] for parameter in rate_posterior(arms, settings))
    rate = random.beta(a, b, (len(a), settings.draws))
    if not by_revenue:
        return np.asarray(rate)
    mean, error = revenue_posterior(arms, settings.prior_revenues)
    without = arms.revenue.sum(axis=1, keepdims=True) <= NEGLIGIBLE  # nothing has been earned: by rate alone
    mean = np.where(without, 1.0, mean)
    worth = mean[offered][:, None] + error[offered][:, None] * random.standard_normal(rate.shape)
    return np.asarray(rate * np.maximum(worth, 0.0))


def rate_posterior(arms: LayoutArms, settings: BanditSettings) -> tuple[Floats, Floats]:
    """(alpha, beta) of each layout's rate of conversion, (P, A).

    Taking back leaves rounding, up to some 1e-16 of what was there: counts below zero count as zero.
    """
    alpha = settings.prior_conversions + np.maximum(arms.conversions, 0.0)
    return alpha, settings.prior_failures + np.maximum(arms.exposures - arms.conversions, 0.0)


def revenue_posterior(arms: LayoutArms, prior_conversions: float) -> tuple[Floats, Floats]:
    """(mean, standard error) of a conversion's worth, (P, A), shrunk towards the policy's mean.

    Normal with the policy's pooled variance, a prior worth `prior_conversions` conversions. A policy without
    revenue has mean and error 0. The normal fails for a handful of very large baskets.
    """
    n = np.maximum(arms.conversions, 0.0)
    total = n.sum(axis=1, keepdims=True)
    some = total > NEGLIGIBLE
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.where(some, arms.revenue.sum(axis=1, keepdims=True) / total, 0.0)
        squares = np.where(some, arms.revenue_squares.sum(axis=1, keepdims=True) / total, 0.0)
    variance = np.maximum(squares - pooled**2, 0.0)
    mean = (arms.revenue + prior_conversions * pooled) / (n + prior_conversions)
    return mean, np.sqrt(variance / (n + prior_conversions))
