"""Sampling probabilities against the integral; forgetting, late conversions, layouts that come and go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from operators.maths.layouts.layout_bandit import (
    BanditSettings,
    LayoutArms,
    Outcomes,
    revenue_posterior,
    sampling_probabilities,
    update_arms,
)

DAY_MS = 86_400_000
SETTINGS = BanditSettings(floor=0.0, draws=20_000)


def arms(exposures: list[float], conversions: list[float], revenue: list[float] | None = None) -> LayoutArms:
    money = np.array([revenue or conversions], dtype=np.float64)
    return LayoutArms(
        np.array([exposures]), np.array([conversions]), money, money**2, np.array([0], dtype=np.int64)
    )


def outcomes(*rows: tuple[int, int, int, float, float, float]) -> Outcomes:
    policy, layout, at_ms, exposures, conversions, revenue = np.array(rows, dtype=np.float64).T
    whole = (policy.astype(np.int64), layout.astype(np.int64), at_ms.astype(np.int64))
    return Outcomes(*whole, exposures, conversions, revenue)


def test_probabilities_are_those_of_the_integral() -> None:
    shown, converted = [200.0, 150.0, 20.0], [14.0, 6.0, 2.0]
    posteriors = [
        stats.beta(SETTINGS.prior_conversions + c, SETTINGS.prior_failures + e - c)
        for e, c in zip(shown, converted, strict=True)
    ]
    found = sampling_probabilities(arms(shown, converted), np.ones((1, 3), bool), SETTINGS, by_revenue=False)
    for k, own in enumerate(posteriors):
        others = [p for j, p in enumerate(posteriors) if j != k]
        exact, _ = integrate.quad(
            lambda x, own=own, others=others: own.pdf(x) * np.prod([p.cdf(x) for p in others]),
            0,
            1,
            limit=200,
        )
        assert found[0, k] == pytest.approx(exact, abs=4 * 0.5 / np.sqrt(SETTINGS.draws))


@given(seed=st.integers(0, 1000), offered=st.lists(st.booleans(), min_size=4, max_size=4))
def test_probabilities_sum_to_one_over_what_is_offered(seed: int, offered: list[bool]) -> None:
    random = np.random.default_rng(seed)
    shown = random.integers(0, 300, 4).astype(float)
    state = arms(shown.tolist(), (shown * random.random(4) * 0.2).tolist())
    settings = BanditSettings(draws=256)
    found = sampling_probabilities(state, np.array([offered]), settings, by_revenue=True)
    assert found.sum() == pytest.approx(1.0 if any(offered) else 0.0)
    assert (found[0][np.array(offered)] >= settings.floor - 1e-12).all()
    assert (found[0][~np.array(offered)] == 0).all()


def test_a_new_layout_is_explored() -> None:
    found = sampling_probabilities(arms([400, 0], [20, 0]), np.ones((1, 2), bool), SETTINGS, by_revenue=False)
    assert found[0, 1] > 0.1


def test_a_layout_that_earns_more_a_conversion_wins_by_revenue_alone() -> None:
    state = LayoutArms(
        np.full((1, 2), 1000.0),
        np.full((1, 2), 50.0),
        np.array([[500.0, 2000.0]]),
        np.array([[5100.0, 80_500.0]]),
        np.array([0], dtype=np.int64),
    )
    offered = np.ones((1, 2), bool)
    assert sampling_probabilities(state, offered, SETTINGS, by_revenue=True)[0, 1] > 0.95
    even = sampling_probabilities(state, offered, SETTINGS, by_revenue=False)[0, 1]
    assert even == pytest.approx(0.5, abs=0.02)


def test_one_half_life_halves_what_an_arm_knows() -> None:
    state = arms([100.0, 0.0], [8.0, 0.0])
    later = update_arms(state, outcomes((0, 1, 7 * DAY_MS, 1, 0, 0)), 7 * DAY_MS)
    np.testing.assert_allclose(later.exposures, [[50.0, 1.0]])
    np.testing.assert_allclose(later.conversions, [[4.0, 0.0]])


@given(order=st.permutations(range(4)))
def test_late_conversions_count_whenever_they_come(order: list[int]) -> None:
    rows = [
        (0, 0, 0, 1.0, 0.0, 0.0),
        (0, 1, DAY_MS, 1.0, 0.0, 0.0),
        (0, 0, 0, 0.0, 1.0, 30.0),
        (0, 1, 3 * DAY_MS, 1.0, 1.0, 9.0),
    ]
    at_once = update_arms(LayoutArms.empty(1, 2), outcomes(*rows), 7 * DAY_MS)
    state = LayoutArms.empty(1, 2)
    for place in order:
        state = update_arms(state, outcomes(rows[place]), 7 * DAY_MS)
    for name in vars(state):
        np.testing.assert_allclose(getattr(state, name), getattr(at_once, name))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -3.0])
def test_revenue_that_is_none_counts_as_nothing(bad: float) -> None:
    state = update_arms(LayoutArms.empty(1, 1), outcomes((0, 0, 0, 1.0, 1.0, bad)), DAY_MS)
    assert state.revenue.tolist() == [[0.0]]
    assert state.conversions.tolist() == [[1.0]]


@given(revenue=st.floats(0, 1e6), later_ms=st.integers(0, 30 * DAY_MS))
def test_a_conversion_that_is_taken_back_was_never_there(revenue: float, later_ms: int) -> None:
    shown = outcomes((0, 0, 0, 1.0, 0.0, 0.0), (0, 1, later_ms, 1.0, 1.0, 7.0))
    plain = update_arms(LayoutArms.empty(1, 2), shown, DAY_MS)
    added = update_arms(plain, outcomes((0, 0, 0, 0.0, 1.0, revenue)), DAY_MS)
    taken_back = update_arms(added, outcomes((0, 0, 0, 0.0, -1.0, revenue)), DAY_MS)
    for name in vars(plain):
        np.testing.assert_allclose(getattr(taken_back, name), getattr(plain, name), atol=1e-9 * revenue**2)


def test_rounding_of_what_was_taken_back_says_nothing_about_worth() -> None:
    dust = LayoutArms(
        np.ones((1, 2)),
        np.array([[1e-17, -1e-17]]),
        np.array([[1e-13, 0.0]]),
        np.zeros((1, 2)),
        np.zeros(1, np.int64),
    )
    mean, error = revenue_posterior(dust, 5.0)
    assert np.abs(mean).max() < 1e-12
    assert error.tolist() == [[0.0, 0.0]]
    found = sampling_probabilities(dust, np.ones((1, 2), bool), SETTINGS, by_revenue=True)
    assert found[0] == pytest.approx([0.5, 0.5], abs=0.02)


def test_until_something_is_earned_revenue_chooses_by_conversions() -> None:
    state = arms([200.0, 200.0], [2.0, 20.0], [0.0, 0.0])
    offered = np.ones((1, 2), bool)
    found = sampling_probabilities(state, offered, SETTINGS, by_revenue=True)
    assert found[0, 1] > 0.9


def test_many_policies_are_worked_through_in_parts() -> None:
    state = LayoutArms.empty(3_000, 2)
    settings = BanditSettings(draws=1_000)
    found = sampling_probabilities(state, np.ones((3_000, 2), bool), settings, by_revenue=False)
    assert found.sum(axis=1) == pytest.approx(np.ones(3_000))
    assert found.mean() == pytest.approx(0.5)
    assert np.abs(found - 0.5).max() < 0.1


def test_the_worth_of_few_conversions_is_shrunk_to_the_policys() -> None:
    state = LayoutArms(
        np.array([[9.0, 999.0]]),
        np.array([[1.0, 99.0]]),
        np.array([[100.0, 990.0]]),
        np.array([[10_000.0, 9_900.0]]),
        np.zeros(1, dtype=np.int64),
    )
    mean, error = revenue_posterior(state, 5.0)
    pooled = 1090 / 100
    assert mean[0, 0] == pytest.approx((100 + 5 * pooled) / 6)
    assert error[0, 0] > error[0, 1] > 0


def test_it_finds_the_better_layout_and_follows_when_that_changes() -> None:
    random, state = np.random.default_rng(3), LayoutArms.empty(1, 2)
    settings = BanditSettings(half_life_ms=5 * DAY_MS, draws=512)
    late = []
    for day in range(60):
        rate = np.array([0.05, 0.10]) if day < 30 else np.array([0.10, 0.05])
        p = sampling_probabilities(state, np.ones((1, 2), bool), settings, by_revenue=False, seed=day)[0]
        layout = random.choice(2, 400, p=p)
        won = (random.random(400) < rate[layout]).astype(float)
        rows = [(0, a, day * DAY_MS, 1.0, w, w) for a, w in zip(layout, won, strict=True)]
        state = update_arms(state, outcomes(*rows), settings.half_life_ms)
        late.append(p)
    assert np.mean(late[20:30], axis=0)[1] > 0.85
    assert np.mean(late[50:], axis=0)[0] > 0.85
