"""The product in the loop: the job's functions, the job's sums, and that they pay."""

from dataclasses import replace

import numpy as np
import pytest

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.segments.refit_segments import RefitSettings
from tidemark.simulate.industry_weights import IndustryWeights
from tidemark.simulate.loop import run
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.product import KnownShops, Product, ProductSettings
from tidemark.simulate.static_segments import StaticSegments
from tidemark.simulate.tastes import DAY_MS
from tidemark.simulate.world import World

P = Parameters(
    visitors=600, days=28, industries=1, shops=2, categories=40, effect=1.5, spread=1.5, own_spread=0.2,
    demographics=0.0, visits_a_week=7.0,
)  # fmt: skip
SETTINGS = ProductSettings(
    refits=RefitSettings(every=2.0, rounds=1, restarts=1), bandit=BanditSettings(draws=128)
)


def product(world: World, settings: ProductSettings = SETTINGS) -> Product:
    shops = KnownShops(world.shops.industry, world.shops.sales, P.layouts)
    return Product(shops, P.visitors, settings, seed=1)


@pytest.fixture(scope="module")
def served() -> tuple[World, Product, float, float]:
    world = World(P, 5)
    ours = product(world)
    nobody = StaticSegments(np.zeros(P.visitors, dtype=np.int64), P.shops, P.layouts, SETTINGS.bandit, 1)
    results = run(world, [ours, nobody], DAY_MS // 4)
    return world, ours, float(results[0].expected.sum()), float(results[1].expected.sum())


def test_segments_of_clear_tastes_convert_more_than_none(served: tuple[World, Product, float, float]) -> None:
    _, _, ours, nobody = served
    assert ours > 1.1 * nobody


def test_a_shops_sums_stay_those_of_its_members_and_its_prior(
    served: tuple[World, Product, float, float],
) -> None:
    world, _, _, _ = served
    bare = product(World(P, 5), replace(SETTINGS, prior=0.0))
    run(World(replace(P, days=6), 5), [bare], DAY_MS // 4)
    for shop in range(P.shops):
        latest = int(bare.models.latest_ms[shop])
        for segment in range(SETTINGS.refits.most):
            members = np.flatnonzero((bare.visitors.shop == shop) & (bare.visitors.segment == segment))
            expected = bare.visitors.decayed(members, latest).sum(axis=0)
            np.testing.assert_allclose(bare.models.sums[shop, segment], expected, rtol=1e-3, atol=1e-2)
    assert len(world.shops.industry) == P.shops


def test_the_same_seed_gives_the_same_decisions() -> None:
    short = replace(P, days=4)
    first, again = (run(w := World(short, 5), [product(w)], DAY_MS // 4)[0] for _ in range(2))
    np.testing.assert_array_equal(first.expected, again.expected)


def test_categories_that_scatter_within_segments_weigh_less() -> None:
    weights = IndustryWeights(np.array([0, 0, 1]), 3, gamma=1.0)
    X = np.array([[5.0, 1, 4], [5, 4, 1], [1, 1, 8], [1, 8, 1]])
    weights.learn(0, X, np.array([0, 0, 1, 1]), seen=100_000.0)
    ours, sister, stranger = weights.of(np.array([0, 1, 2]))
    assert ours[0] > ours[1]
    np.testing.assert_allclose(ours.mean(), 1.0)
    np.testing.assert_allclose(sister, ours, rtol=0.2)  # works from its industry
    np.testing.assert_allclose(stranger, 1.0)
