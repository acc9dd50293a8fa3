"""Posteriors against scikit-learn's ridge and by definition; probabilities against the integral."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from sklearn.linear_model import Ridge

from operators.maths.arrays import Floats, Ints
from operators.maths.layouts.linear_bandit import (
    LEAST_MOMENT,
    LinearSettings,
    choice_probabilities,
    features,
    moments,
    posterior,
    sums_width,
    update_sums,
    values,
)

K, DAY_MS = 3, 86_400_000
NEVER_MS = 2**62
SETTINGS = LinearSettings(spread=1.0, floor=0.0)
seeds = st.integers(0, 10_000)


def sums_of(phi: Floats, layout: Ints, conversions: Floats, revenue: Floats) -> Floats:
    """(1, 2, M) of n exposures of two layouts at one shop."""
    n = len(phi)
    shop = np.zeros(n, dtype=np.int64)
    brought = moments(phi, np.ones(n), conversions, revenue)
    nothing = np.zeros((1, 2, sums_width(K)))
    return update_sums(nothing, np.zeros(1, np.int64), (shop, layout), shop, brought, NEVER_MS)[0]


def log(n: int, seed: int) -> tuple[Floats, Ints, Floats, Floats]:
    """(phi, layout, conversions, revenue): the second layout suits who leans to the first segment."""
    random = np.random.default_rng(seed)
    phi = features(random.standard_normal((n, K)))
    layout = random.integers(0, 2, n)
    rate = 0.3 + 0.1 * np.where(layout == 1, phi[:, 1], -phi[:, 1])
    conversions = (random.random(n) < rate).astype(np.float64)
    return phi, layout, conversions, conversions * random.gamma(2.0, 20.0, n)


@pytest.mark.parametrize("by_revenue", [False, True])
def test_means_are_those_of_ridge_regression_around_the_shops_mean(by_revenue: bool) -> None:
    phi, layout, conversions, revenue = log(400, seed=1)
    found = posterior(sums_of(phi, layout, conversions, revenue), by_revenue, SETTINGS)
    reward = revenue if by_revenue else conversions
    prior = SETTINGS.prior_exposures * np.array([1.0, *[max((phi[:, 1:] ** 2).mean(), LEAST_MOMENT)] * K])
    for a in (0, 1):
        scaled = phi[layout == a] / np.sqrt(prior)
        ridge = Ridge(alpha=1.0, fit_intercept=False).fit(scaled, reward[layout == a] - reward.mean())
        expected = ridge.coef_ / np.sqrt(prior) + np.array([reward.mean(), *[0.0] * K])
        np.testing.assert_allclose(found.mean[0, a], expected, rtol=1e-9, atol=1e-12)
        precision = (np.diag(prior) + phi[layout == a].T @ phi[layout == a]) / reward.var()
        np.testing.assert_allclose(found.covariance[0, a] @ precision, np.eye(K + 1), atol=1e-9)
    assert found.known.all()


def test_a_taste_for_a_layout_is_found() -> None:
    phi, layout, conversions, revenue = log(4_000, seed=2)
    found = posterior(sums_of(phi, layout, conversions, revenue), False, SETTINGS)
    leaning = features(np.array([[2.0, 0.0, 0.0], [-2.0, 0.0, 0.0]]))
    p = choice_probabilities(*values(found.mean[0], found.covariance[0], leaning), SETTINGS)
    assert p[0, 1] > 0.99
    assert p[1, 0] > 0.99


@given(seed=seeds, cut=st.integers(0, 60))
def test_sums_add_in_any_order_and_forget_by_event_time(seed: int, cut: int) -> None:
    random = np.random.default_rng(seed)
    phi, layout, conversions, revenue = log(60, seed)
    shop, at_ms = random.integers(0, 2, 60), random.integers(0, 90 * DAY_MS, 60)
    brought, half_life_ms = moments(phi, np.ones(60), conversions, revenue), 30 * DAY_MS
    empty = np.zeros((2, 2, sums_width(K))), np.zeros(2, np.int64)
    whole = update_sums(*empty, (shop, layout), at_ms, brought, half_life_ms)
    shuffled = random.permutation(60)
    parts = empty
    for part in (shuffled[:cut], shuffled[cut:]):
        parts = update_sums(*parts, (shop[part], layout[part]), at_ms[part], brought[part], half_life_ms)
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(parts[1], whole[1])
    weight = 2.0 ** ((at_ms - whole[1][shop]) / half_life_ms)
    first = (shop == 0) & (layout == 1)
    np.testing.assert_allclose(whole[0][0, 1], (brought * weight[:, None])[first].sum(axis=0), atol=1e-9)


def test_what_is_taken_back_leaves_nothing() -> None:
    phi = features(np.ones((2, K)))
    added = moments(phi, np.array([1.0, 0.0]), np.array([1.0, -1.0]), np.array([7.0, 7.0])).sum(axis=0)
    np.testing.assert_array_equal(added, moments(phi[:1], np.ones(1), np.zeros(1), np.zeros(1))[0])


def test_a_layout_never_shown_has_the_shops_mean_and_is_the_least_sure() -> None:
    phi, _, conversions, revenue = log(300, seed=3)
    found = posterior(sums_of(phi, np.zeros(300, np.int64), conversions, revenue), False, SETTINGS)
    np.testing.assert_allclose(found.mean[0, 1], [conversions.mean(), 0, 0, 0], atol=1e-12)
    assert (np.diagonal(found.covariance[0, 1]) > np.diagonal(found.covariance[0, 0])).all()


def test_a_shop_that_has_earned_nothing_is_not_known() -> None:
    phi, layout, _, _ = log(50, seed=4)
    assert not posterior(sums_of(phi, layout, np.zeros(50), np.zeros(50)), False, SETTINGS).known.any()
    assert not posterior(np.zeros((1, 2, sums_width(K))), True, SETTINGS).known.any()


def test_what_is_no_number_teaches_nothing() -> None:
    bad = np.array([[np.nan, np.inf, -np.inf], [1e9, -1e9, 0.5]])
    np.testing.assert_array_equal(features(bad), np.array([[1, 0, 0, 0], [1, 10, -10, 0.5]]))
    odd = moments(features(np.zeros((3, K))), np.ones(3), np.ones(3), np.array([np.nan, -1.0, np.inf]))
    assert (odd[:, -K - 2 :] == 0).all()


@given(seed=seeds, layouts=st.integers(2, 6))
def test_probabilities_are_those_of_the_integral(seed: int, layouts: int) -> None:
    random = np.random.default_rng(seed)
    mean, error = random.normal(0.3, 0.02, (1, layouts)), random.uniform(0.005, 0.05, (1, layouts))
    found = choice_probabilities(mean, error, SETTINGS)[0]
    normals = [stats.norm(m, e) for m, e in zip(mean[0], error[0], strict=True)]
    at = np.linspace(mean.min() - 0.4, mean.max() + 0.4, 4_001)
    for a, own in enumerate(normals):
        below = np.prod([of.cdf(at) for b, of in enumerate(normals) if b != a], axis=0)
        assert found[a] == pytest.approx(integrate.trapezoid(own.pdf(at) * below, at), abs=0.03)


@given(
    means=st.lists(st.floats(-5, 5), min_size=1, max_size=25),
    error=st.floats(0, 3),
    floor=st.floats(0, 0.1),
)
def test_probabilities_sum_to_one_and_none_is_below_the_floor(
    means: list[float], error: float, floor: float
) -> None:
    A = len(means)
    settings = LinearSettings(floor=floor)
    found = choice_probabilities(np.array([means]), np.full((1, A), error), settings)
    assert found.sum() == pytest.approx(1)
    assert found.min() >= min(floor, 1 / A / 2) - 1e-12
