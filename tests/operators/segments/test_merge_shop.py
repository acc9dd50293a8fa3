"""A hot shop in parts is the shop in one piece."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.segments.merge_shop import merge_shop
from operators.segments.seek_segments import is_due
from operators.segments.shop_parts import in_order_of, knowing, merged, with_rest
from operators.segments.shop_segments import ShopSegments, hash01, hash64
from operators.segments.visit_rows import VisitRows
from state.rest_of_shop import RestOfShop
from state.shop_part import ShopPart
from tests.operators.segments.hot_shop import HotShop
from tests.operators.segments.shard import Shard, behaviors_at, in_batches, last_rows, rows_of
from tests.operators.segments.test_learn_visits import RESTLESS
from tests.operators.segments.test_refit_shop import SETTINGS, TASTES, shoppers

SHOP, HOT = "店", "店 0"
some = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)


def learned(rows: VisitRows, cuts: list[int], parts: int) -> HotShop:
    """Exchanged after each batch."""
    shop = HotShop(SHOP, SETTINGS, parts)
    for batch in in_batches(rows, cuts):
        shop.learn(batch)
        shop.exchange()
    return shop


def by_category(sums: Any, categories: Any) -> dict[int, Any]:
    """(K,) sums of each category that has a dimension."""
    return {h: sums[:, d] for d, h in enumerate(categories.hashes.tolist())}


@some
@given(seed=seeds, cuts=st.lists(st.integers(0, 120), max_size=8), parts=st.integers(1, 5))
def test_whatever_is_exchanged_each_visit_and_each_count_is_there_once(
    seed: int, cuts: list[int], parts: int
) -> None:
    rows = rows_of(behaviors_at(120, seed, shops=1, visitors=20, categories=8))
    settings = replace(SETTINGS, refits=replace(SETTINGS.refits, first_visits=20))
    shop = HotShop(HOT, settings, parts)
    for batch in in_batches(rows, cuts):
        shop.learn(batch)
        shop.exchange()
    model = shop.whole()
    assert model.seen == rows.head["begins"].sum()
    assert model.latest_ms == rows.head["at_ms"].max()
    members = shop.segments()
    assert members.keys() == {visitor for _, visitor in last_rows(rows)}
    expected = np.zeros(len(model.sums))
    for (_, visitor), row in last_rows(rows).items():
        left = 2.0 ** (
            (int(rows.head["at_ms"][row]) - model.latest_ms) / settings.segments.half_lives.long_ms
        )
        expected[members[visitor]] += rows.select(np.array([row])).entries["long"].sum() * left
    # Vectors of the sample are kept in single precision.
    np.testing.assert_allclose(model.sums.sum(axis=1), expected, rtol=1e-6, atol=1e-5)


def test_with_an_exchange_after_each_batch_it_is_the_shop_in_one_piece() -> None:
    rows = rows_of(shoppers(60, purchases=12))
    cuts = list(range(60, len(rows), 60))
    whole, parts = Shard(SETTINGS), HotShop(SHOP, SETTINGS, 4)
    refits = 0
    for batch in in_batches(rows, cuts):
        whole.learn(batch)
        parts.learn(batch)
        parts.exchange()
        if is_due(whole.shop(SHOP), SETTINGS):
            whole.refit(SHOP)
            refits += 1
        for _ in range(2):  # what a refit found is carried out, and said
            parts.exchange()
        members = {pair[1]: whole.member(pair) for pair in whole.members}
        assert parts.segments() == {name: of.segment for name, of in members.items() if of}
    assert refits == parts.refits > 1
    assert len(set(parts.segments().values())) == len(TASTES)
    one, model = whole.shop(SHOP), parts.whole()
    np.testing.assert_allclose(model.tallies, one.model.tallies, rtol=1e-6)
    np.testing.assert_allclose(np.sort(model.sales), np.sort(one.model.sales), rtol=1e-9)
    np.testing.assert_allclose(
        np.sort(model.sums.sum(axis=0)), np.sort(one.model.sums.sum(axis=0)), rtol=1e-9
    )
    assert (model.seen, model.first_ms, model.latest_ms) == (
        one.model.seen,
        one.model.first_ms,
        one.model.latest_ms,
    )


def test_segments_are_those_of_the_shop_where_the_rest_is_behind() -> None:
    rows = rows_of(shoppers(60, purchases=20))
    shop = HotShop(SHOP, SETTINGS, 4)
    for number, batch in enumerate(in_batches(rows, list(range(20, len(rows), 20)))):
        shop.learn(batch)
        if number % 9 == 8:
            shop.exchange()
    found = shop.segments()
    by_taste = [{found[f"visitor {v}"] for v in range(taste, 60, 3)} for taste in range(3)]
    assert all(len(segments) == 1 for segments in by_taste)
    assert len(set.union(*by_taste)) == 3


def test_parts_merge_in_any_order_and_dimensions_find_their_category() -> None:
    shop = learned(rows_of(shoppers(30)), [100], 3)
    pieces = [part.shop(SHOP) for part in shop.parts]
    orders = [part.categories.names for part in pieces]
    assert len(set(orders)) > 1, "a test of equal orders shows little"
    one, other = merged(pieces, SETTINGS), merged(pieces[::-1], SETTINGS)
    expected = by_category(one.model.sums, one.categories)
    found = by_category(other.model.sums, other.categories)
    assert expected.keys() == found.keys()
    for category, sums in expected.items():
        np.testing.assert_allclose(found[category], sums, rtol=1e-12)
    for part, rest in ((pieces[0], pieces[1:]), (pieces[2], pieces[:2])):
        both = with_rest(knowing(part, rest, SETTINGS), merged(rest, SETTINGS), SETTINGS)
        for category, sums in by_category(both.model.sums, both.categories).items():
            np.testing.assert_allclose(sums, expected[category], rtol=1e-12)


@some
@given(seed=seeds)
def test_where_categories_outnumber_dimensions_nothing_is_lost(seed: int) -> None:
    rows = rows_of(behaviors_at(90, seed, shops=1, visitors=12, categories=18))
    shop = HotShop(HOT, RESTLESS, 3)
    for batch in in_batches(rows, [30, 60]):
        shop.learn(batch)
        shop.exchange()
    pieces = [part.shop(HOT) for part in shop.parts]
    whole = merged(pieces, RESTLESS)
    assert len(whole.model.sales) == RESTLESS.own + RESTLESS.shared
    left = [
        np.exp2((of.model.latest_ms - whole.model.latest_ms) / RESTLESS.segments.half_lives.long_ms)
        for of in pieces
    ]
    for name in ("sums", "sales"):
        parts = sum(getattr(of.model, name).sum() * part for of, part in zip(pieces, left, strict=True))
        assert getattr(whole.model, name).sum() == pytest.approx(parts, rel=1e-9)
    assert whole.model.seen == rows.head["begins"].sum()


def test_a_part_in_its_own_order_is_itself() -> None:
    shop = learned(rows_of(shoppers(30)), [], 2).parts[0].shop(SHOP)
    assert in_order_of(shop, shop, SETTINGS) == shop.model


def test_no_refit_is_sought_before_the_last_one_was_carried_out_by_all() -> None:
    rows = rows_of(shoppers(60, purchases=16))
    shop = HotShop(SHOP, SETTINGS, 3)
    for number, batch in enumerate(in_batches(rows, list(range(60, len(rows), 60)))):
        shop.learn(batch)
        shop.adopt(0)
        shop.adopt(1)
        if number < 8:
            shop.adopt(2)  # then it falls silent
        shop.merge()
    refits = shop.refits
    due = merge_shop(SHOP, *state(shop), 2**60, SETTINGS)
    assert is_due(due.shop, SETTINGS)
    assert not due.refitted
    shop.exchange()
    shop.exchange()
    assert shop.refits > refits


def state(shop: HotShop) -> tuple[dict[int, ShopPart], dict[int, RestOfShop]]:
    return (
        {at: ShopPart.from_bytes(blob) for at, blob in shop.said.items()},
        {at: RestOfShop.from_bytes(blob) for at, blob in shop.told.items()},
    )


def test_what_a_refit_moves_is_moved_once_and_is_news_once() -> None:
    shop = learned(rows_of(shoppers(60)), [], 3)
    assert shop.refits == 1
    rests = [RestOfShop.from_bytes(blob) for blob in shop.told.values()]
    moves = {visitor: to for rest in rests for visitor, to in rest.moves.items()}
    before = shop.segments()
    news = shop.exchange()
    after = shop.segments()
    changed = {visitor for visitor in after if after[visitor] != before[visitor]}
    assert changed
    assert {hash64(visitor): after[visitor] for visitor in changed} == moves
    assert {of.visitor: (of.before, of.segment) for of in news} == {
        visitor: (before[visitor], after[visitor]) for visitor in changed
    }
    assert all(0 < of.confidence <= 1 and of.why for of in news)
    shop.told = {at: rest.to_bytes() for at, rest in enumerate(rests)}  # read again
    assert shop.exchange() == []
    assert shop.segments() == after
    assert not any(RestOfShop.from_bytes(blob).moves for blob in shop.told.values()), "they were carried out"


def test_an_older_refit_moves_nobody_and_what_the_others_hold_is_taken() -> None:
    shop = learned(rows_of(shoppers(60)), [200, 400], 3)
    late = RestOfShop.from_bytes(shop.told[0])
    shop.exchange()
    held = shop.parts[0].rest(SHOP)
    moves = {hash64(visitor): 7 for visitor in shop.parts[0].sample(SHOP)}
    shop.told[0] = replace(late, refit=held.refit - 1, moves=moves).to_bytes()
    before = shop.segments()
    assert shop.adopt(0) == []
    assert shop.segments() == before
    assert shop.parts[0].rest(SHOP).refit == held.refit
    assert shop.parts[0].rest(SHOP).model == late.model


def test_the_sample_of_all_parts_keeps_to_its_size() -> None:
    shop = HotShop(SHOP, replace(SETTINGS, sample=20), 3)
    rows = rows_of(shoppers(60))
    for batch in in_batches(rows, [200, 400]):
        shop.learn(batch)
        for _ in range(3):
            shop.exchange()
    sampled = {visitor for part in shop.parts for visitor in part.sample(SHOP)}
    (threshold,) = {part.shop(SHOP).model.threshold for part in shop.parts}
    assert 0 < len(sampled) <= 20
    assert sampled == {visitor for _, visitor in last_rows(rows) if hash01(visitor) < threshold}


def test_refits_have_numbers_that_grow() -> None:
    shop = HotShop(SHOP, SETTINGS, 2)
    numbers = [0]
    for batch in in_batches(rows_of(shoppers(60, purchases=16)), list(range(60, 960, 60))):
        shop.learn(batch)
        shop.exchange()
        numbers.append(max(RestOfShop.from_bytes(blob).refit for blob in shop.told.values()))
    assert all(a <= b for a, b in pairwise(numbers))
    assert len(set(numbers)) == shop.refits + 1 > 2


def test_a_part_that_has_seen_nothing_changes_nothing() -> None:
    shop = learned(rows_of(shoppers(30)), [], 2)
    parts, told = state(shop)
    empty = ShopSegments.new(SETTINGS)
    more = parts | {9: ShopPart(empty.model, empty.categories)}
    found, expected = (merge_shop(SHOP, of, told, 1, SETTINGS).shop.model for of in (more, parts))
    np.testing.assert_allclose(found.sums, expected.sums)
    assert (found.seen, found.first_ms, found.latest_ms) == (
        expected.seen,
        expected.first_ms,
        expected.latest_ms,
    )
