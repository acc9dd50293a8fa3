"""Layouts by affinities in the simulator's process: segments first, then what each visitor leans to."""

import numpy as np

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from tidemark.simulate.affinity_policies import AffinityPolicies
from tidemark.simulate.loop import run
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.policies import PURCHASE
from tidemark.simulate.storefront import Behaviors
from tidemark.simulate.tastes import DAY_MS
from tidemark.simulate.told_features import ToldFeatures, one_hot
from tidemark.simulate.truth import Chance
from tidemark.simulate.world import World

VISITORS, DAYS = 200, 12
EVERYBODY = np.arange(VISITORS)
BANDIT = BanditSettings(draws=64)
SHOP = POLICY = np.zeros(VISITORS, dtype=np.int64)


def test_each_visitor_comes_to_see_the_layout_it_leans_to() -> None:
    dice = np.random.default_rng(1)
    affinities = np.where(EVERYBODY % 2, 1.0, -1.0)[:, None] * [[1.0, 0.0]]
    liked = EVERYBODY % 2  # the segment is the same for all
    policies = AffinityPolicies(1, 2, 2, VISITORS, BANDIT, LinearSettings(), 1)
    for day in range(1, DAYS):
        at_ms = np.full(VISITORS, day * DAY_MS)
        decided = policies.choose_by(affinities, POLICY, at_ms)
        assert ((decided.propensity > 0) & (decided.propensity <= 1)).all()
        policies.exposed_to(affinities, EVERYBODY, POLICY, decided.layout, at_ms)
        won = np.flatnonzero(dice.random(VISITORS) < np.where(decided.layout == liked, 0.4, 0.1))
        bought = np.full(len(won), PURCHASE)
        policies.behaved(Behaviors(won, SHOP[won], SHOP[won], bought, at_ms[won] + 1_000))
    decided = policies.choose_by(affinities, POLICY, np.full(VISITORS, DAYS * DAY_MS))
    assert (decided.layout == liked).mean() > 0.95
    assert policies.arms.exposures.sum() > 0, "segments learn beside it"


def test_until_anything_is_earned_segments_choose() -> None:
    policies = AffinityPolicies(1, 2, 2, VISITORS, BANDIT, LinearSettings(), 1)
    at_ms = np.full(VISITORS, DAY_MS)
    decided = policies.choose_by(np.ones((VISITORS, 2)), POLICY, at_ms)
    np.testing.assert_allclose(decided.propensity, policies.probabilities[0][decided.layout])


def test_who_is_told_the_tastes_loses_little_against_the_oracle() -> None:
    p = Parameters(visitors=1_500, days=28, industries=1, shops=1, effect=1.0)
    world = World(p, 3)
    tastes = ToldFeatures(world.tastes.latest, p.factors, p, BANDIT, LinearSettings(), 1)
    told, chance = run(world, [tastes, Chance(p.layouts, 1)], DAY_MS // 2)
    assert told.regret < chance.regret / 3


def test_levels_are_told_apart() -> None:
    np.testing.assert_array_equal(
        one_hot(np.array([0, 2]), np.array([1, 0])), np.array([[1, 0, 0, 0, 1], [0, 0, 1, 1, 0]])
    )
