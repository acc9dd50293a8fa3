"""The world's own truths: what its parameters say is what comes out."""

from dataclasses import replace

import numpy as np
import pytest

from tidemark.simulate.parameters import AGE_BY_INCOME, Parameters
from tidemark.simulate.tastes import DAY_MS, Demographics, Tastes
from tidemark.simulate.world import START_MS, Arrivals, World

SMALL = Parameters(visitors=2000, days=28, industries=2, shops=4, categories=60)


def visits(parameters: Parameters, seed: int = 7) -> list[Arrivals]:
    return list(World(parameters, seed).batches(DAY_MS // 4))


@pytest.fixture(scope="module")
def arrivals() -> list[Arrivals]:
    return visits(SMALL)


def test_visitors_come_as_often_as_the_parameters_say(arrivals: list[Arrivals]) -> None:
    count = sum(map(len, arrivals))
    expected = SMALL.visitors * SMALL.visits_a_week * SMALL.days / 7
    assert count == pytest.approx(expected, rel=0.06)  # a batch holds one visit of a visitor at most
    a_visitor = np.bincount(np.concatenate([a.visitor for a in arrivals]), minlength=SMALL.visitors)
    beyond_chance = (a_visitor.var() - a_visitor.mean()) / a_visitor.mean() ** 2
    assert beyond_chance == pytest.approx(SMALL.visits_cv2, rel=0.2)


def test_visits_touch_items_and_behave_in_the_mix(arrivals: list[Arrivals]) -> None:
    touches = np.concatenate([np.bincount(a.row, minlength=len(a)) for a in arrivals])
    assert touches.min() == 1
    assert touches.mean() == pytest.approx(SMALL.touches, rel=0.03)
    mix = np.bincount(np.concatenate([a.behavior for a in arrivals]), minlength=4)
    assert mix[3] == 0  # whether they buy depends on the layout
    expected = np.array(SMALL.behavior_mix[:3]) / sum(SMALL.behavior_mix[:3])
    np.testing.assert_allclose(mix[:3] / mix.sum(), expected, atol=0.003)


def test_without_an_effect_every_layout_converts_at_the_base_rate() -> None:
    for a in visits(replace(SMALL, effect=0.0, days=3)):
        np.testing.assert_allclose(a.conversion, SMALL.conversion)


def test_purchases_have_their_share_of_all_events_at_the_base_rate() -> None:
    p = SMALL
    assert p.conversion / (p.conversion + p.touches) == pytest.approx(p.behavior_mix[3])


def test_the_log_odds_of_layouts_spread_by_the_effect(arrivals: list[Arrivals]) -> None:
    p = np.concatenate([a.conversion for a in arrivals])
    log_odds = np.log(p / (1 - p)) - np.log(SMALL.conversion / (1 - SMALL.conversion))
    assert log_odds.std() == pytest.approx(SMALL.effect, rel=0.1)


def test_the_same_seed_gives_the_same_visits_and_another_does_not() -> None:
    short = replace(SMALL, days=2)
    first, again, other = visits(short, 7), visits(short, 7), visits(short, 8)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.visitor, b.visitor)
        np.testing.assert_array_equal(a.category, b.category)
        np.testing.assert_array_equal(a.conversion, b.conversion)
    assert not np.array_equal(first[0].visitor, other[0].visitor)


def test_a_visitor_stays_at_one_shop_and_time_goes_on(arrivals: list[Arrivals]) -> None:
    visitor, shop = (np.concatenate([getattr(a, name) for a in arrivals]) for name in ("visitor", "shop"))
    assert len(np.unique(visitor * SMALL.shops + shop)) == len(np.unique(visitor))
    at_ms = np.concatenate([a.at_ms for a in arrivals])
    assert (np.diff(at_ms) >= 0).all()
    assert at_ms[0] >= START_MS


def correlation_after(days: float, parameters: Parameters) -> float:
    """Of the factors of all visitors with themselves, so many days later."""
    random = np.random.default_rng(3)
    everybody = np.arange(20_000)
    tastes = Tastes(parameters, Demographics.draw(len(everybody), random), random)
    now, later = (tastes.at(everybody, np.full(len(everybody), int(at))) for at in (0, days * DAY_MS))
    np.testing.assert_allclose([now.var(), later.var()], 1.0, atol=0.03)
    return float(np.corrcoef(now.ravel(), later.ravel())[0, 1])


def test_tastes_drift_at_their_half_life_and_part_of_them_lasts() -> None:
    p = Parameters()
    half = p.lasting + p.drifting / 2  # of what passes within days nothing is left
    assert correlation_after(p.drift_days, p) == pytest.approx(half, abs=0.02)
    assert correlation_after(100 * p.drift_days, p) == pytest.approx(p.lasting, abs=0.02)
    still = replace(p, drifting=0.0, passing=0.0)
    assert correlation_after(100 * p.drift_days, still) == pytest.approx(1.0)


def test_demographics_explain_their_share_of_the_factors() -> None:
    p, random = Parameters(), np.random.default_rng(5)
    told = Demographics.draw(50_000, random)
    factors = Tastes(p, told, random).latest(np.arange(50_000))
    size = np.maximum(np.bincount(told.cells), 1)
    means = np.stack([np.bincount(told.cells, f) / size for f in factors.T], axis=1)
    assert means[told.cells].var() == pytest.approx(p.demographics, abs=0.03)


def test_demographics_are_those_of_the_households() -> None:
    told = Demographics.draw(100_000, np.random.default_rng(1))
    joint = np.array(AGE_BY_INCOME) / np.sum(AGE_BY_INCOME)
    found = np.bincount(told.cells, minlength=joint.size) / 100_000
    np.testing.assert_allclose(found, joint.ravel(), atol=0.005)


def test_shops_differ_in_size_and_stock_and_industries_in_categories() -> None:
    shops = World(replace(SMALL, categories=299), 2).shops
    assert shops.size[0] > shops.size[2]
    log_share = np.log(shops.sales)
    assert log_share.shape == (4, 299)
    same, other = (np.corrcoef(log_share[0], log_share[b])[0, 1] for b in (2, 1))
    assert same > 0.9 > 0.3 > abs(other)
    np.testing.assert_allclose(np.linalg.norm(shops.layouts, axis=2), 1.0)
