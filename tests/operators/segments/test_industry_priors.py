"""A new shop's visitors are seen with the eyes of its industry, and the shop learns its own."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from operators.maths.segments.segment_models import NEVER
from operators.segments.industry_priors import Industry, industry_as_shop, industry_of, is_cold
from operators.segments.learn_visits import Rest, learn_visits
from operators.segments.shop_segments import ShopSegments
from operators.segments.visit_rows import VisitRows
from tests.operators.segments.shard import DAY_MS, START_MS, Shard, members_sums, rows_of
from tests.operators.segments.test_refit_shop import SETTINGS, TASTES, segments_of, shoppers

INDUSTRY, NEW = "beauty", "新店"
COLD = replace(SETTINGS, industry_weight=300.0, cold_visits=50)


@pytest.fixture(scope="module")
def industry() -> ShopSegments:
    """With a segment for each taste."""
    name = industry_as_shop(INDUSTRY)
    shard = Shard(SETTINGS)
    shard.learn(rows_of(shoppers(60, shop=name)))
    for _ in range(2):
        shard.refit(name)
    assert len(set(segments_of(shard).values())) == len(TASTES)
    return shard.shop(name)


def opened(industry: ShopSegments | None, rows: VisitRows, cuts: list[int] | None = None) -> Shard:
    """A shop of that industry, after these rows."""
    shard, known = Shard(COLD), Industry.of(industry or ShopSegments.new(COLD), COLD)
    for part in np.split(np.arange(len(rows)), cuts or []):
        batch = rows.select(part)
        shops = {NEW: shard.shop(NEW)}
        prior: Rest = partial(known.seen_from, at_ms=int(batch.head["at_ms"].max()))
        rests = {NEW: prior} if is_cold(NEW, shops[NEW], COLD) else {}
        members = {(NEW, visitor): shard.member((NEW, visitor)) for visitor in batch.visitors}
        found = learn_visits(shops, members, batch, COLD, rests)
        shard._keep(NEW, found.shops[NEW])
        shard.members |= {pair: of.to_bytes() for pair, of in found.members.items()}
    return shard


def test_the_first_visitors_of_a_shop_are_apart_by_taste_from_one_event_on(industry: ShopSegments) -> None:
    rows = rows_of(shoppers(30, purchases=1, shop=NEW))
    found = segments_of(opened(industry, rows))
    by_taste = [{found[f"visitor {v}"] for v in range(taste, 30, 3)} for taste in range(3)]
    assert all(len(segments) == 1 for segments in by_taste)
    assert len(set.union(*by_taste)) == 3
    assert set(segments_of(opened(None, rows)).values()) == {0}, "without an industry nobody is apart"


def test_what_the_shop_learns_is_its_own(industry: ShopSegments) -> None:
    rows = rows_of(shoppers(12, purchases=6, shop=NEW))
    shard = opened(industry, rows, [10, 30, 60])
    model = shard.shop(NEW).model
    assert len(set(segments_of(shard).values())) == 3
    np.testing.assert_allclose(model.sums, members_sums(shard, NEW, rows), rtol=1e-9, atol=1e-9)
    assert model.seen == rows.head["begins"].sum()
    assert model.tallies[:, 1].sum() <= model.seen
    assert model.first_ms == START_MS


def test_categories_that_only_the_industry_knows_take_no_room(industry: ShopSegments) -> None:
    rows = rows_of([event | {"category": "soap"} for event in shoppers(4, purchases=1, shop=NEW)])
    shop = opened(industry, rows).shop(NEW)
    assert shop.categories.names == ("soap",)
    assert len(shop.model.sales) == 1


def test_a_shop_that_many_have_visited_is_itself() -> None:
    new = ShopSegments.new(COLD)
    known = replace(new, model=replace(new.model, seen=COLD.cold_visits))
    assert is_cold(NEW, new, COLD)
    assert not is_cold(NEW, known, COLD)
    assert not is_cold(NEW, new, replace(COLD, industry_weight=0.0))
    assert not is_cold(industry_as_shop(INDUSTRY), new, COLD), "an industry has none above it"


@pytest.mark.parametrize("weight", [10.0, 300.0, 1e9])
def test_a_prior_weighs_what_it_may_and_no_more_than_was_seen(industry: ShopSegments, weight: float) -> None:
    sums = Industry.of(industry, replace(COLD, industry_weight=weight)).sums
    assert sums.sum() == pytest.approx(min(weight, industry.model.sums.sum()))
    assert np.sort(sums.sum(axis=1) / sums.sum()) == pytest.approx(
        np.sort(industry.model.sums.sum(axis=1) / industry.model.sums.sum()), abs=1e-9
    )


def test_it_is_seen_in_the_shops_dimensions_and_is_nobodys_visits(industry: ShopSegments) -> None:
    shop = opened(None, rows_of(shoppers(30, purchases=2, shop=NEW))).shop(NEW)
    shop = shop.with_categories(np.array([7], dtype=np.uint64), ["only here"], COLD)
    at_ms = START_MS + 1000 * DAY_MS
    prior = Industry.of(industry, COLD).seen_from(shop, at_ms)
    known = dict(zip(industry.categories.names, np.maximum(industry.model.sums, 0.0).T, strict=True))
    expected = np.array([known.get(name, np.zeros(len(prior.sums))) for name in shop.categories.names]).T
    weight = COLD.industry_weight / np.maximum(industry.model.sums, 0.0).sum()
    np.testing.assert_allclose(prior.sums, expected * weight)
    assert not prior.sums[:, -1].any(), "of what only the shop has, the industry knows nothing"
    assert not prior.tallies.any()
    assert (prior.seen, prior.first_ms, prior.latest_ms) == (0, NEVER, at_ms)
    assert Industry.of(industry, COLD).seen_from(shop, 0).latest_ms == shop.model.latest_ms


def test_an_industry_that_has_seen_nothing_says_nothing() -> None:
    rows = rows_of(shoppers(6, purchases=2, shop=NEW))
    alone = Shard(COLD)
    for part in np.split(np.arange(len(rows)), [5]):
        alone.learn(rows.select(part))
    assert segments_of(opened(None, rows, [5])) == segments_of(alone)


@pytest.mark.parametrize("name", ["beauty", "", "美妆"])
def test_an_industry_is_known_by_its_mark(name: str) -> None:
    assert industry_of(industry_as_shop(name)) == name
    assert industry_of(name) is None
