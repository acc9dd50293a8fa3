"""What a shard learns of its visits does not depend on how they fall into batches."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.segments.assign_segments import Hysteresis
from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.segments import learn_visits as step
from operators.segments.shop_segments import ShopSettings
from operators.segments.visit_rows import ENTRY, HEADER, VisitRows
from state.segment_model import SegmentModel
from tests.operators.segments.shard import (
    DAY_MS,
    START_MS,
    Shard,
    behaviors_at,
    last_rows,
    learned,
    members_presence,
    members_sums,
    rows_of,
)
from tests.oracles.visitor_vectors import category_hash
from tests.visit_rows import rows_of_packed

RESTLESS = ShopSettings(
    segments=SegmentSettings(smoothing=5.0, hysteresis=Hysteresis(margin=0.01, settling_margin=0.01)),
    own=5,
    shared=3,
    tell_again_ms=DAY_MS,
)
"""Visitors change segment often, and most shops have more categories than dimensions."""

LONG_MS = RESTLESS.segments.half_lives.long_ms
SHOPS = ("店 0", "店 1")

seeds = st.integers(0, 10_000)
cuts = st.lists(st.integers(0, 60), max_size=12)
some = settings(max_examples=15, deadline=None)


def scattered(shard: Shard, seed: int) -> Shard:
    """Its members in any segments at all, with sums to match: where segments differ, visitors move."""
    dice = np.random.default_rng(seed)
    for name in shard.shops:
        shop = shard.shop(name)
        sums = np.asarray(dice.gamma(0.3, 5.0, shop.model.sums.shape))
        shard._keep(name, replace(shop, model=replace(shop.model, sums=sums)))
    return shard


@some
@given(seed=seeds, cuts=cuts)
def test_a_segments_sums_are_those_of_its_members_vectors(seed: int, cuts: list[int]) -> None:
    rows = rows_of(behaviors_at(60, seed))
    shard = learned(rows, cuts, RESTLESS)
    for name in shard.shops:
        model = shard.shop(name).model
        np.testing.assert_allclose(model.sums, members_sums(shard, name, rows), rtol=1e-9, atol=1e-9)
        held = members_presence(shard, name, rows)
        np.testing.assert_allclose(model.tallies[:, 0], held, rtol=1e-9, atol=1e-9)


@some
@given(seed=seeds, cuts=cuts)
def test_they_stay_so_when_visitors_move(seed: int, cuts: list[int]) -> None:
    rows = rows_of(behaviors_at(120, seed))
    half = len(rows) // 2
    early, late = rows.select(np.arange(half)), rows.select(np.arange(half, len(rows)))
    shard = scattered(learned(early, [], RESTLESS), seed)
    # What the segments hold beside their members' vectors shrinks, and nothing is added to it.
    began = {name: shard.shop(name) for name in shard.shops}
    beside = {name: of.model.sums - members_sums(shard, name, early) for name, of in began.items()}
    news = [of for batch in in_parts(late, cuts) for of in shard.learn(batch)]
    for name, of in began.items():
        after = shard.shop(name).model
        left = 2.0 ** ((of.model.latest_ms - after.latest_ms) / LONG_MS)
        held = np.pad(beside[name] * left, ((0, 0), (0, len(after.sales) - len(of.model.sales))))
        np.testing.assert_allclose(after.sums, members_sums(shard, name, rows) + held, rtol=1e-9, atol=1e-9)
    assert all(of.segment != of.before or of.before >= 0 for of in news)


def in_parts(rows: VisitRows, cuts: list[int]) -> list[VisitRows]:
    return [rows.select(part) for part in np.split(np.arange(len(rows)), sorted(cuts))]


def test_visitors_do_move_in_that_test() -> None:
    moved = 0
    for seed in range(5):
        rows = rows_of(behaviors_at(120, seed))
        shard = scattered(learned(rows.select(np.arange(60)), [], RESTLESS), seed)
        news = shard.learn(rows.select(np.arange(60, len(rows))))
        moved += sum(0 <= of.before != of.segment for of in news)
    assert moved > 10


@some
@given(seed=seeds, cuts=cuts)
def test_counts_do_not_depend_on_the_batches(seed: int, cuts: list[int]) -> None:
    rows = rows_of(behaviors_at(60, seed))
    begins, converts = rows.head["begins"], rows.head["converts"]
    for shard in (learned(rows, cuts, RESTLESS), learned(rows, list(range(60)), RESTLESS)):
        for name in shard.shops:
            model = shard.shop(name).model
            here = np.array([shop == name for shop in rows.shops])
            assert model.seen == begins[here].sum()
            assert model.latest_ms == rows.head["at_ms"][here].max()
            visitors, visits, _, conversions = model.tallies.sum(axis=0)
            last = np.array([at for (shop, _), at in last_rows(rows).items() if shop == name])
            np.testing.assert_allclose(visitors, left(rows, last, model).sum(), rtol=1e-9)
            # Visits fade from the end of their batch on, so at most the days of one batch are missing.
            faded = left(rows, np.flatnonzero(here), model)
            assert (begins[here] * faded).sum() <= visits * (1 + 1e-9)
            assert visits <= model.seen * (1 + 1e-9)
            assert (converts[here] * faded).sum() <= conversions * (1 + 1e-9)
            assert conversions <= converts[here].sum() * (1 + 1e-9)


def left(rows: VisitRows, which: Any, model: SegmentModel) -> Any:
    """(k,) what the long half-life leaves of each row at the shop's latest event."""
    return np.exp2((rows.head["at_ms"][which] - model.latest_ms) / LONG_MS)


@some
@given(seed=seeds, cuts=cuts)
def test_sales_are_what_was_paid_decayed_and_nothing_else(seed: int, cuts: list[int]) -> None:
    rows = rows_of(behaviors_at(60, seed))
    shard = learned(rows, cuts, RESTLESS)
    for name in shard.shops:
        shop = shard.shop(name)
        place = {category: at for at, category in enumerate(shop.categories.hashes.tolist())}
        expected = np.zeros(len(shop.model.sales))
        for at in (at for at, of in enumerate(rows.shops) if of == name):
            amount, category = float(rows.head["sales"][at]), int(rows.head["category"][at])
            if 0 < amount < 1e12:
                dimension = place.get(category, RESTLESS.own + category % RESTLESS.shared)
                expected[dimension] += amount * left(rows, at, shop.model)
        np.testing.assert_allclose(shop.model.sales, expected, rtol=1e-9)


@pytest.mark.parametrize("price", [float("nan"), -5.0, float("inf"), 1e308])
def test_a_price_that_is_none_reaches_no_sum(price: float) -> None:
    rows = rows_of(behaviors_at(20, 1, shops=1))
    head = rows.head.copy()
    head["sales"] = price
    shard = Shard(RESTLESS)
    for _ in range(3):
        shard.learn(replace(rows, head=head))
    model = shard.shop("店 0").model
    assert not model.sales.any()
    assert np.isfinite(model.sums).all()


@pytest.mark.parametrize("count", [float("nan"), -3.0])
def test_a_count_that_is_none_reaches_no_sum(count: float) -> None:
    rows = rows_of(behaviors_at(20, 1, shops=1))
    head, entries = rows.head.copy(), rows.entries.copy()
    head["added"], entries["long"], entries["others"] = count, count, count
    shard = Shard(RESTLESS)
    shard.learn(replace(rows, head=head, entries=entries))
    assert not shard.shop("店 0").model.sums.any()


def test_no_rows_change_nothing() -> None:
    nothing = step.learn_visits({}, {}, rows_of_packed([], [], [], [], []), RESTLESS)
    assert nothing == step.Learned({}, {}, [], [], {})


def test_everybody_has_a_segment_after_one_event() -> None:
    rows = rows_of(behaviors_at(40, 2))
    news = Shard(RESTLESS).learn(rows)
    assert {(of.shop, of.visitor) for of in news} == set(last_rows(rows))
    assert all(of.before == -1 and 0 < of.confidence <= 1 for of in news)
    by_row = {(rows.shops[of.first_row], rows.visitors[of.first_row]) for of in news}
    assert by_row == set(last_rows(rows))


def test_redis_is_told_again_before_it_forgets() -> None:
    events = behaviors_at(1, 3, shops=1, visitors=1)
    shard = Shard(RESTLESS)
    for away_ms, told in ((0, True), (DAY_MS - 1, False), (DAY_MS, True), (DAY_MS + 1, False)):
        event = events[0] | {"event_time": START_MS + away_ms}
        vectors = rows_of([events[0], event | {"event_id": "again"}])
        row = vectors.select(np.array([len(vectors) - 1]))
        head = row.head.copy()
        head["added"] *= away_ms == 0  # no more is known of it than before
        assert bool(shard.learn(replace(row, head=head))) == told, away_ms


def test_redis_is_told_anew_once_clearly_more_is_known() -> None:
    events = behaviors_at(1, 3, shops=1, visitors=1)
    again = [events[0] | {"event_id": str(n), "category": f"c{n}"} for n in range(40)]
    rows = rows_of([*events, *again])
    shard, told = Shard(RESTLESS), []
    for row in range(len(rows)):
        told.append(bool(shard.learn(rows.select(np.array([row])))))
    assert told[0]
    assert sum(told[:20]) >= 3
    assert sum(told[20:]) <= sum(told[:20])
    assert sum(told[20:]) < 10


def test_an_unchanged_visitor_out_of_the_sample_is_not_written_again() -> None:
    first = behaviors_at(1, 3, shops=1, visitors=1)[0]
    rows = rows_of([first, first | {"event_id": "second", "event_time": first["event_time"] + 5}])
    shard, name, pair = Shard(RESTLESS), rows.shops[0], (rows.shops[0], rows.visitors[0])
    shard.learn(rows.select(np.array([0])))
    shop, member = shard.shop(name), shard.member(pair)
    assert member is not None
    unsampled = replace(member, at_ms=0, since_ms=0, dimensions=(), counts=())
    shops = {name: replace(shop, model=replace(shop.model, threshold=0.0))}
    found = step.learn_visits(shops, {pair: unsampled}, rows.select(np.array([1])), RESTLESS)
    assert (found.members, found.joined) == ({}, [])
    assert found.shops[name].model.seen == shop.model.seen == 1


def test_a_visitor_whose_vector_begins_anew_is_new() -> None:
    """The JVM forgot it; the word that it did comes only when it sweeps."""
    rows = rows_of(behaviors_at(1, 3, shops=1, visitors=1))
    shard = Shard(RESTLESS)
    (before,) = shard.learn(rows)
    again = rows_of(behaviors_at(1, 4, shops=1, visitors=1))
    (news,) = shard.learn(again)
    assert (news.visitor, news.before) == (before.visitor, -1)
    np.testing.assert_allclose(shard.shop("店 0").model.tallies[:, 0].sum(), 2)


def test_the_reasons_are_categories_of_the_visitor_by_name() -> None:
    rows = rows_of(behaviors_at(200, 4, days=3))
    news = scattered(learned(rows, [], RESTLESS), 5).learn(rows)
    said = [name for of in news for name, nats in of.why if nats > 0]
    assert said
    assert set(said) <= set(rows.categories)


def many_shops(count: int, at_ms: int, widths: tuple[int, ...] = (1,)) -> VisitRows:
    """One new visitor at each of `count` shops, with as many categories as its shop has."""
    visitors, shops, names, packed = [], [], [], []
    for at in range(count):
        categories = [f"category {i}" for i in range(widths[at % len(widths)])]
        hashes = [category_hash(name) for name in categories]
        for seen, name in enumerate(categories, 1):
            head, entries = np.zeros(1, HEADER), np.zeros(seen, ENTRY)
            head[0] = (0, at_ms, -(2**63), at_ms, seen == 1, False, 1.0, hashes[seen - 1], 1.0, seen)
            entries["category"], entries["long"] = hashes[:seen], 1.0
            visitors.append(f"visitor {at} {at_ms}")
            shops.append(f"shop {at}")
            names.append(name)
            packed.append(head.tobytes() + entries.tobytes())
    return rows_of_packed(visitors, shops, ["beauty"] * len(shops), names, packed)


def test_ten_thousand_shops_are_a_handful_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    update = update_segments

    def counted(models: Any, *rest: Any) -> Any:
        calls.append(len(models.seen))
        return update(models, *rest)

    monkeypatch.setattr(step, "update_segments", counted)
    shard, took_s = Shard(), []
    for at in range(2):
        rows = many_shops(10_000, START_MS + at, widths=(1, 2, 20))
        started_s = time.process_time()
        shard.learn(rows)
        took_s.append(time.process_time() - started_s)
        assert sum(calls) == 10_000
        assert len(calls) <= len(step.WIDTHS) + 1
        calls.clear()
    assert max(took_s) < 20, "milliseconds a shop: a call of numpy each"
    assert {SegmentModel.from_bytes(model).seen for model, _ in shard.shops.values()} == {2}


def test_widths_do_not_change_what_a_shop_learns() -> None:
    """Side by side with wide shops, or alone: padding is nothing."""
    rows = rows_of(behaviors_at(60, 6))
    both = learned(rows, [20], RESTLESS)
    for name in SHOPS:
        here = np.flatnonzero(np.array(rows.shops) == name)
        alone = learned(rows.select(here), [int((here < 20).sum())], RESTLESS)
        np.testing.assert_allclose(both.shop(name).model.sums, alone.shop(name).model.sums, rtol=1e-12)
        assert both.shop(name).categories == alone.shop(name).categories
