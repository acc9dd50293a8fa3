"""The closed loop and those who decide in it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from operators.maths.layouts.layout_bandit import BanditSettings
from tidemark.simulate.loop import Result, run
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.policies import PURCHASE, Policies
from tidemark.simulate.static_segments import StaticSegments
from tidemark.simulate.storefront import Behaviors, Decisions, Storefront
from tidemark.simulate.tastes import DAY_MS, Ints
from tidemark.simulate.truth import Chance, Oracle
from tidemark.simulate.world import World

P = Parameters(visitors=1500, days=21, industries=1, shops=2, categories=40, effect=1.0)
QUICK = BanditSettings(draws=128)


def results(world: World, *storefronts: Storefront) -> list[Result]:
    return run(world, storefronts, DAY_MS // 4)


class Recorder:
    """Shows layout 0, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def behaved(self, behaviors: Behaviors) -> None:
        self.told.append(("behaved", behaviors))

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        self.told.append(("decide", (visitor, shop, at_ms)))
        return Decisions(shop, np.zeros(len(visitor), dtype=np.int64), np.ones(len(visitor)))

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        self.told.append(("exposed", (visitor, shop, decisions, at_ms)))


def test_the_oracle_has_no_regret_and_chance_has_its_expectation() -> None:
    world = World(P, 3)
    oracle, chance = results(world, Oracle(world), Chance(P.layouts, 1))
    assert oracle.regret == 0
    assert oracle.regret_of_bandit <= 0  # its segments are single visitors, whose tastes drift
    assert 0 < chance.regret_of_bandit < chance.regret
    assert chance.regret > 0.2
    assert chance.expected.sum() == pytest.approx(chance.by_chance.sum(), rel=0.02)
    assert oracle.conversions.sum() == pytest.approx(oracle.expected.sum(), rel=0.05)
    np.testing.assert_array_equal(oracle.visits, chance.visits)


def test_without_an_effect_nobody_does_better_than_chance() -> None:
    world = World(replace(P, effect=0.0), 3)
    nobody = np.zeros(P.visitors, dtype=np.int64)
    bandit = StaticSegments(nobody, P.shops, P.layouts, QUICK, 1)
    for result in results(world, Oracle(world), Chance(P.layouts, 1), bandit):
        assert result.regret == pytest.approx(0, abs=1e-9)
        error = np.sqrt(world.parameters.conversion / result.visits.sum())
        assert result.rate == pytest.approx(world.parameters.conversion, abs=4 * error)


def test_a_bandit_that_is_told_the_tastes_beats_one_that_is_not() -> None:
    world = World(P, 4)
    truth = world.conversion(np.arange(P.visitors)).argmax(axis=1)
    nobody = np.zeros(P.visitors, dtype=np.int64)
    told, blind = results(world, *(StaticSegments(s, P.shops, P.layouts, QUICK, 1) for s in (truth, nobody)))
    assert told.expected.sum() > 1.1 * blind.expected.sum()


def test_a_storefront_sees_one_click_before_it_decides_and_the_purchase_after() -> None:
    recorder = Recorder()
    (result,) = results(World(replace(P, days=1), 3), recorder)
    kinds = [kind for kind, _ in recorder.told]
    assert kinds == ["behaved", "decide", "exposed", "behaved"] * (len(kinds) // 4)
    click, asked, shown, rest = (told for _, told in recorder.told[:4])
    assert isinstance(click, Behaviors)
    assert isinstance(rest, Behaviors)
    visitor, _, at_ms = asked
    np.testing.assert_array_equal(click.visitor, visitor)
    np.testing.assert_array_equal(click.at_ms, at_ms)
    assert (shown[3] > at_ms).all()
    assert not (click.behavior == PURCHASE).any()
    bought = sum(
        (told.behavior == PURCHASE).sum() for _, told in recorder.told if isinstance(told, Behaviors)
    )
    assert bought == result.conversions.sum() > 0


def test_a_purchase_is_credited_once_to_the_latest_exposure_within_the_window() -> None:
    policies = Policies(2, 3, 5, QUICK, 1, window_ms=1000)
    policies.exposed(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([10, 10, 10]))
    policies.exposed(np.array([0]), np.array([1]), np.array([1]), np.array([500]))
    who = np.array([0, 0, 1, 2, 3])
    behavior = np.array([PURCHASE, PURCHASE, 0, PURCHASE, PURCHASE])
    at_ms = np.array([600, 610, 620, 1011, 700])
    policies.behaved(Behaviors(who, who * 0, who * 0, behavior, at_ms))
    expected = np.zeros((2, 3))
    expected[1, 1] = 1
    np.testing.assert_allclose(policies.arms.conversions, expected, atol=1e-4)
    np.testing.assert_allclose(policies.arms.exposures, [[1, 1, 0], [0, 1, 1]], atol=1e-4)
    policies.behaved(Behaviors(who[:1], who[:1], who[:1], behavior[:1], at_ms[:1]))
    np.testing.assert_allclose(policies.arms.conversions, expected, atol=1e-4)
