"""A shop's segments sought anew: visitors of the sample move with their vectors, and say so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.update_segments import SegmentSettings
from operators.segments.refit_shop import refit_shop
from operators.segments.seek_segments import is_due
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash01
from tests.operators.segments.shard import (
    DAY_MS,
    START_MS,
    Shard,
    last_rows,
    members_presence,
    members_sums,
    rows_of,
)

SETTINGS = ShopSettings(
    segments=SegmentSettings(smoothing=20.0),
    refits=RefitSettings(first_visits=100),
)
TASTES = (("soap", "shampoo 🧴"), ("面膜", "crème"), ("tea", "نعناع"))


def shoppers(visitors: int, purchases: int = 8, shop: str = "店") -> list[dict[str, Any]]:
    """Visitors of three tastes, each on a day of its own, buying one category of its taste in a visit."""
    dice = np.random.default_rng(1)
    return [
        {
            "event_id": f"{visit} {visitor}",
            "visitor_id": f"visitor {visitor}",
            "shop_id": shop,
            "industry": "beauty",
            "category": str(dice.choice(TASTES[visitor % len(TASTES)])),
            "price": 1.0,
            "quantity": None,
            "behavior": "purchase",
            "event_time": START_MS + 3_600_000 * visit + DAY_MS // 2 * visitor,
        }
        for visit in range(purchases)
        for visitor in range(visitors)
    ]


@pytest.fixture(scope="module")
def shard() -> Shard:
    """Before its first refit."""
    shard = Shard(SETTINGS)
    shard.learn(rows_of(shoppers(60)))
    return shard


def copied(shard: Shard, settings: ShopSettings = SETTINGS) -> Shard:
    return Shard(settings, dict(shard.shops), dict(shard.members), set(shard.sampled))


def segments_of(shard: Shard) -> dict[str, int]:
    members = {pair[1]: shard.member(pair) for pair in shard.members}
    return {visitor: of.segment for visitor, of in members.items() if of is not None}


def test_visitors_of_one_taste_end_together_and_apart_from_others(shard: Shard) -> None:
    after = copied(shard)
    for _ in range(2):  # each may double their number
        after.refit("店")
    found = segments_of(after)
    by_taste = [{found[f"visitor {v}"] for v in range(taste, 60, 3)} for taste in range(3)]
    assert all(len(segments) == 1 for segments in by_taste)
    assert len(set.union(*by_taste)) == 3


def test_sums_stay_those_of_the_members(shard: Shard) -> None:
    after = copied(shard)
    rows = rows_of(shoppers(60))
    assert after.refit("店")
    held = members_sums(after, "店", rows)
    # Vectors of the sample are kept in single precision.
    np.testing.assert_allclose(after.shop("店").model.sums, held, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(
        after.shop("店").model.sums.sum(axis=0), shard.shop("店").model.sums.sum(axis=0), rtol=1e-12
    )


def test_a_segment_has_as_many_visitors_as_members(shard: Shard) -> None:
    after, rows = copied(shard), rows_of(shoppers(60, purchases=9))
    for refitted, upto in ((True, 60 * 8), (False, len(rows))):
        if refitted:
            after.refit("店")
        else:
            after.learn(rows.select(np.arange(60 * 8, len(rows))))
        held = members_presence(after, "店", rows.select(np.arange(upto)))
        np.testing.assert_allclose(after.shop("店").model.tallies[:, 0], held, rtol=1e-9, atol=1e-9)
    assert np.count_nonzero(held) > 1


def test_what_visitors_do_next_goes_to_their_new_segment(shard: Shard) -> None:
    after, events = copied(shard), shoppers(60, purchases=9)
    after.refit("店")
    before = segments_of(after)
    rows = rows_of(events)
    after.learn(rows.select(np.arange(60 * 8, len(rows))))
    assert segments_of(after) == before
    held = members_sums(after, "店", rows)
    np.testing.assert_allclose(after.shop("店").model.sums, held, rtol=1e-6, atol=1e-5)


def test_who_moved_is_news_with_the_times_of_its_vector(shard: Shard) -> None:
    after, rows = copied(shard), rows_of(shoppers(60))
    before = segments_of(shard)
    news = after.refit("店")
    now, last = segments_of(after), last_rows(rows)
    moved = {visitor for visitor in now if now[visitor] != before[visitor]}
    assert moved
    assert {of.visitor for of in news} == moved
    for of in news:
        head = rows.head[last["店", of.visitor]]
        assert (of.shop, of.before, of.segment) == ("店", before[of.visitor], now[of.visitor])
        assert (of.at_ms, of.since_ms) == (int(head["at_ms"]), int(head["since_ms"]))
        assert of.since_ms < of.at_ms, "else an erasure in between would miss it"
        assert 0 < of.confidence <= 1
        taste = TASTES[int(of.visitor.removeprefix("visitor ")) % 3]
        assert {name for name, _ in of.why} <= set(taste)
        member = after.member(("店", of.visitor))
        assert member is not None
        assert (member.challenger, member.streak, member.told_ms) == (-1, 0, of.at_ms)


def test_the_sample_keeps_to_its_size_and_who_leaves_loses_its_vector(shard: Shard) -> None:
    after = copied(shard, replace(SETTINGS, sample=20))
    after.refit("店")
    threshold = after.shop("店").model.threshold
    assert threshold < 1
    assert 0 < len(after.sampled) <= 20
    for pair in shard.members:
        member = after.member(pair)
        assert member is not None
        is_sampled = hash01(pair[1]) < threshold
        assert (pair in after.sampled) == bool(member.dimensions) == is_sampled
        assert (member.at_ms > 0) == (member.since_ms > 0) == is_sampled
    assert {pair[1] for pair in after.members} == {pair[1] for pair in shard.members}


def test_a_refit_is_due_by_visits(shard: Shard) -> None:
    shop = shard.shop("店")
    assert is_due(shop, SETTINGS)
    after = copied(shard)
    after.refit("店")
    again = after.shop("店")
    assert again.model.refitted_at == shop.model.seen
    assert not is_due(again, SETTINGS)
    assert not is_due(ShopSegments.new(SETTINGS), SETTINGS)


def test_the_same_sample_gives_the_same_segments_in_any_order(shard: Shard) -> None:
    sample = {pair[1]: member for pair in shard.members if (member := shard.member(pair)) is not None}
    reordered = dict(sorted(sample.items(), reverse=True))
    found = [refit_shop("店", shard.shop("店"), of, SETTINGS) for of in (sample, reordered)]
    assert found[0].shop.model == found[1].shop.model
    assert found[0].moved == found[1].moved


def test_a_shop_without_a_sample_stays_as_it_is(shard: Shard) -> None:
    shop = shard.shop("店")
    found = refit_shop("店", shop, {}, SETTINGS)
    assert (found.moved, found.news, found.left) == ({}, [], {})
    np.testing.assert_array_equal(found.shop.model.sums, shop.model.sums)


@pytest.mark.parametrize(
    ("visitors", "purchases", "category"), [(1, 1, None), (1, 200, None), (40, 3, "soap")]
)
def test_a_shop_with_one_visitor_or_one_category_has_one_segment(
    visitors: int, purchases: int, category: str | None
) -> None:
    events = shoppers(visitors, purchases)
    one = Shard(SETTINGS)
    one.learn(rows_of([event | {"category": category or event["category"]} for event in events]))
    one.refit("店")
    assert len(set(segments_of(one).values())) == 1
    assert np.isfinite(one.shop("店").model.sums).all()
