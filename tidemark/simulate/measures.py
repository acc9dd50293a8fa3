"""What Complete Journey and a simulated year of its households are compared by."""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from tidemark.evaluate.baskets import DAY_MS, MID_YEAR, START_MS, Baskets
from tidemark.evaluate.fixed_labels import by_k_means, score_fixed
from tidemark.evaluate.shops import Span

LAGS_DAYS = np.array([0, 3, 14, 28, 56, 84, 112, 140, 168, 196, 224, 252, 280, 308, 340])
FACTORS = 8  # directions along which similarity over time is measured
SEASON_DAYS = 28  # everybody's distribution is that of so many days: seasons are no taste
OWN_PRIOR = 60.0  # purchases of everybody's distribution, for own preferences


@dataclass(frozen=True)
class Bits:
    """Frozen at mid-year: bits a purchase over everybody's distribution."""

    k8: float
    k24: float
    demographics: float
    own: float


def bits(baskets: Baskets, cells: Ints, half_life_ms: int, smoothing: float) -> Bits:
    """cells : (visitors,) age × income."""

    def frozen(labels: Ints) -> float:
        span = Span(MID_YEAR, 365)
        return float(score_fixed(labels, baskets, half_life_ms, smoothing, span, lambda: None)[1].mean.mean())

    seeds = (1, 2, 3)
    return Bits(
        frozen(by_k_means(baskets, 8, MID_YEAR, seeds)),
        frozen(by_k_means(baskets, 24, MID_YEAR, seeds)),
        frozen(cells[None]),
        own_bits(baskets),
    )


def own_bits(baskets: Baskets) -> float:
    """Of each visitor's shares in the first half, with a flat prior, scored on the second."""
    first, second = (_counts(baskets, half) for half in (baskets.day < MID_YEAR, baskets.day >= MID_YEAR))
    everybody = (first.sum(axis=0) + 1.0) / (first.sum() + first.shape[1])
    own = (first + OWN_PRIOR * everybody) / (first.sum(axis=1, keepdims=True) + OWN_PRIOR)
    return float((second * np.log2(own / everybody)).sum() / second.sum())


def _counts(baskets: Baskets, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    counts = np.zeros((len(baskets.households), len(baskets.names)))
    np.add.at(counts, (baskets.visitor[kept], baskets.category[kept]), 1.0)
    return counts


def similarity_by_lag(baskets: Baskets, seed: int) -> Floats:
    """(lags,) covariance of a visitor's tastes between two baskets, by days between them.

    Tastes are Pearson residuals along the first singular directions of half of the visitors, taken of the
    other half. Two baskets share no chance, so sampling noise does not bias the products.
    """
    visitors = len(baskets.households)
    train = np.random.default_rng(seed).random(visitors) < 0.5
    score, visitor, day, size = _basket_scores(baskets, train)
    bins = len(LAGS_DAYS) - 1
    product, weight = np.zeros(bins), np.zeros(bins)
    order = np.argsort(visitor, kind="stable")
    bounds = np.searchsorted(visitor[order], np.arange(visitors + 1))
    for who in np.flatnonzero(~train):
        mine = order[bounds[who] : bounds[who + 1]]
        first, second = np.triu_indices(len(mine), 1)
        lag = np.digitize(np.abs(day[mine][first] - day[mine][second]), LAGS_DAYS) - 1
        kept = lag < bins
        together = (score[mine] @ score[mine].T)[first, second]
        sizes = size[mine][first] * size[mine][second]
        product += np.bincount(lag[kept], together[kept], bins)
        weight += np.bincount(lag[kept], sizes[kept], bins)
    return product / weight


def _basket_scores(
    baskets: Baskets, train: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[Floats, Ints, Floats, Floats]:
    """(score (n, F), visitor, day, size) of each basket."""
    n = int(baskets.basket.max()) + 1
    size = np.bincount(baskets.basket, minlength=n).astype(np.float64)
    visitor, day = np.zeros(n, dtype=np.int64), np.zeros(n)
    visitor[baskets.basket] = baskets.visitor
    day[baskets.basket] = (baskets.at_ms - START_MS) / DAY_MS
    counts = _counts(baskets, np.ones(len(baskets.basket), dtype=np.bool_))
    everybody = (counts.sum(axis=0) + 1e-3) / (counts.sum() + 1e-3 * counts.shape[1])
    expected = counts[train].sum(axis=1, keepdims=True) * everybody
    residual = (counts[train] - expected) / np.sqrt(np.maximum(expected, 1e-9))
    directions = np.linalg.svd(residual, full_matrices=False)[2]
    unit = (directions[:FACTORS] / np.sqrt(everybody)).T  # (C, F)
    season = (day // SEASON_DAYS).astype(np.int64)
    shares = np.zeros((season.max() + 1, len(everybody)))
    np.add.at(shares, (season[baskets.basket], baskets.category), 1.0)
    shares = (shares + 100 * everybody) / (shares.sum(axis=1, keepdims=True) + 100)
    score = np.zeros((n, FACTORS))
    np.add.at(score, baskets.basket, unit[baskets.category] - (shares @ unit)[season[baskets.basket]])
    return score, visitor, day, size
