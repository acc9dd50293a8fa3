"""Gamma-Poisson priors by moments.

Visitor i has weight c_i of a value and e_i of the whole facet, c_i ~ Poisson(λ_i e_i),
λ_i ~ Gamma(α, rate β). Then the share of the value that they will show is expected to be (c + α)/(e + β).

The moments are those of a between-group variance with unequal exposures: DerSimonian and Laird (1986), with
Poisson variances within groups; the decayed weights stand for counts, which is an approximation.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from operators.maths.decay import value_at
from schemas.preference_priors import MOST_VALUES, FacetPrior, FacetSample, PreferenceSample

LEAST_SPREAD = 1e-6  # of τ²/μ²: visitors who do not differ get α = 1e6, so the prior decides
ROUNDING = 1e-12  # of E: one visitor has all the weight, to what doubles hold
LEAST_EXPOSURE = 1.0  # about one fresh view: with less left, a visitor is no observation of anything

Floats = NDArray[np.float64]


def fit_gamma_poisson(
    c_sum: ArrayLike, c2_over_e: ArrayLike, e_sum: ArrayLike, e2_sum: ArrayLike, n: ArrayLike
) -> tuple[Floats, Floats]:
    """(α, β) from the sums over the n visitors who count; the arguments broadcast.

    μ = Σc/E,  τ² = [Σc²/e - μ²E - (n - 1)μ] / (E - Σe²/E),  β = μ/τ²,  α = μβ.

    Where visitors differ less than Poisson noise makes them, or with fewer than two visitors, τ² is taken as
    LEAST_SPREAD μ²: β is large and finite. Where c or e sum to nothing, α = β = 0: nothing is known.
    """
    c_sum, c2_over_e, E, e2_sum, n = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (c_sum, c2_over_e, e_sum, e2_sum, n))
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        mu = c_sum / E
        between = E - e2_sum / E  # nothing, to rounding, where one visitor has all the weight
        tau2 = np.where(
            (n < 2) | (between <= ROUNDING * E), 0.0, (c2_over_e - mu * mu * E - (n - 1) * mu) / between
        )
        spread = np.maximum(tau2 / mu / mu, LEAST_SPREAD)  # in this order: μ² may underflow
        alpha = 1 / spread
        beta = alpha / mu
    known = np.isfinite(beta) & (mu > 0)
    return np.where(known, alpha, 0.0), np.where(known, beta, 0.0)


def borrow_spread(alpha: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Where the moments show no spread between visitors, take the median β of the values that show one.

    alpha, beta : (k, H) of `fit_gamma_poisson`; the mean α/β of each stays. At a horizon where no
    value shows a spread, nothing changes.
    """
    spread = (alpha > 0) & (alpha < 0.999 / LEAST_SPREAD)
    with np.errstate(invalid="ignore"):
        mean = np.where(beta > 0, alpha / beta, 0.0)
    borrowed = np.where(spread, beta, median_of(beta, spread))
    flat = (alpha > 0) & ~spread & (borrowed > 0)
    return np.where(flat, mean * borrowed, alpha), np.where(flat, borrowed, beta)


def median_of(beta: Floats, which: NDArray[np.bool_]) -> Floats:
    """(H,): the median of each column's chosen entries; 0 where none is chosen."""
    return np.array([np.median(b[w]) if w.any() else 0.0 for b, w in zip(beta.T, which.T, strict=True)])


def fit_priors(sample: PreferenceSample, at_ms: int | None = None) -> dict[str, FacetPrior]:
    """The prior of each facet, as of `at_ms`; None: as of the latest event of the sample, so a replay of old
    data gives what it gave when the data was new.

    A visitor counts at a horizon with e ≥ LEAST_EXPOSURE there (if fewer than two have that much: e > 0).
    The Poisson term (n - 1)μ is made for counts; visitors of whom next to nothing is left add to n but not to
    Σc²/e, and would hide any spread.
    """
    at_ms = sample.at_ms if at_ms is None else at_ms
    h = np.asarray(sample.half_lives_ms, dtype=np.float64)
    return {name: fit_facet(facet, at_ms, h) for name, facet in sample.facets.items()}


def fit_facet(facet: FacetSample, at_ms: int, half_lives_ms: Floats) -> FacetPrior:
    """The prior of one facet: its MOST_VALUES values that most visitors have, in order of name.

    A value of which nothing is left at a horizon gets α = 0 and the median β there.
    """
    touched = np.bincount(facet.value, minlength=len(facet.values))
    by_reach = sorted(range(len(facet.values)), key=lambda k: (-touched[k], facet.values[k]))
    chosen = sorted(by_reach[:MOST_VALUES], key=facet.values.__getitem__)

    e = observed(value_at(facet.totals, at_ms, half_lives_ms))
    c_sum, c2_over_e = value_sums(facet, e > 0, at_ms, half_lives_ms)
    alpha, beta = borrow_spread(
        *fit_gamma_poisson(
            c_sum[chosen], c2_over_e[chosen], e.sum(axis=0), (e * e).sum(axis=0), (e > 0).sum(axis=0)
        )
    )
    median = median_of(beta, beta > 0)
    return FacetPrior(
        at_ms=at_ms,
        visitors=len(facet.totals),
        values=[facet.values[k] for k in chosen],
        alpha=alpha,
        beta=np.where(beta > 0, beta, median),
        median_beta=median,
    )


def observed(e: Floats) -> Floats:
    """(n, H) exposures, 0 for visitors who do not count at a horizon."""
    counts = e >= LEAST_EXPOSURE
    return np.where(counts | (counts.sum(axis=0) < 2), e, 0.0)


def value_sums(
    facet: FacetSample, counted: NDArray[np.bool_], at_ms: int, half_lives_ms: Floats
) -> tuple[Floats, Floats]:
    """Σc and Σc²/e of each value over the visitors `counted` (n, H), both (k, H).

    c/e = 2^(x_c - x_e) is at most 1: nothing overflows.
    """
    k, H = len(facet.values), len(half_lives_ms)
    c_sum, c2_over_e = np.zeros((k, H)), np.zeros((k, H))
    for j in range(H):  # one horizon at a time: a third of the memory
        c = value_at(facet.numbers[:, j], at_ms, half_lives_ms[j]) * counted[facet.visitor, j]
        share = value_at(facet.numbers[:, j] - facet.totals[facet.visitor, j], 0, 1)
        c_sum[:, j] = np.bincount(facet.value, weights=c, minlength=k)
        c2_over_e[:, j] = np.bincount(facet.value, weights=c * share, minlength=k)
    return c_sum, c2_over_e
