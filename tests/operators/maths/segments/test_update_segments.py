"""A micro-batch: sums are exactly those of the members, order and split do not matter, nobody is lost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.segments.segment_models import HalfLives, SegmentModels, merge
from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.maths.segments.visited_statistics import visited_statistics
from operators.maths.segments.visits import NEVER_SEEN, Visits
from tests.operators.maths.segments.segment_strategies import (
    DAY_MS,
    NOW_MS,
    SHAPE,
    models,
    numbers_of_visits,
    rows_of,
    seeds,
    visits,
)

SETTINGS = SegmentSettings(smoothing=20.0)
HALF_LIVES = HalfLives()


def assert_same(first: SegmentModels, second: SegmentModels) -> None:
    for name in vars(first):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-9, atol=1e-9)


@given(seed=seeds)
def test_merging_is_commutative_and_associative(seed: int) -> None:
    a, b, c = (models(seed + i) for i in range(3))
    assert_same(merge(a, b, HALF_LIVES), merge(b, a, HALF_LIVES))
    assert_same(merge(merge(a, b, HALF_LIVES), c, HALF_LIVES), merge(a, merge(b, c, HALF_LIVES), HALF_LIVES))


@given(seed=seeds)
def test_an_empty_model_changes_nothing(seed: int) -> None:
    assert_same(merge(models(seed), SegmentModels.empty(*SHAPE), HALF_LIVES), models(seed))


def test_one_half_life_halves() -> None:
    before = models(1)
    after = before.at(before.latest_ms + HALF_LIVES.long_ms, HALF_LIVES)
    np.testing.assert_allclose(after.sums, before.sums / 2)
    np.testing.assert_allclose(after.recent_visits, before.recent_visits * 2 ** (-90 / 7))


def test_an_empty_batch_changes_nothing() -> None:
    after, found = update_segments(models(3), visits(0, 1), SETTINGS)
    assert_same(after, models(3))
    assert len(found.segment) == 0


@given(seed=seeds, n=numbers_of_visits)
def test_parts_of_a_batch_bring_together_what_the_whole_brings(seed: int, n: int) -> None:
    all_visits = visits(n, seed)
    random = np.random.default_rng(seed)
    segment = random.integers(0, SHAPE[1], n)
    half = random.random(n) < 0.5
    first, second = (
        visited_statistics(rows_of(all_visits, which), segment[which], SHAPE, HALF_LIVES)
        for which in (half, ~half)
    )
    assert_same(merge(first, second, HALF_LIVES), visited_statistics(all_visits, segment, SHAPE, HALF_LIVES))


@given(seed=seeds, n=numbers_of_visits)
def test_row_order_is_irrelevant(seed: int, n: int) -> None:
    all_visits = visits(n, seed)
    order = np.random.default_rng(seed).permutation(n)
    rows = [rows_of(all_visits, np.arange(n) == i) for i in order]
    shuffled = Visits(
        **{
            name: np.concatenate([getattr(r, name) for r in rows]) if n else getattr(all_visits, name)
            for name in vars(all_visits)
            if name != "row"
        },
        row=np.repeat(np.arange(n), [len(r.row) for r in rows]) if n else all_visits.row,
    )
    after, found = update_segments(models(seed), all_visits, SETTINGS)
    again, moved = update_segments(models(seed), shuffled, SETTINGS)
    assert_same(after, again)
    np.testing.assert_array_equal(found.segment[order], moved.segment)


def member(segment: int, counts: list[float], before: list[float], at_ms: int, since_ms: int) -> Visits:
    """One visitor at shop 0 of SHAPE."""
    dimension = np.arange(SHAPE[2])
    return Visits(
        shop=np.array([0]),
        at_ms=np.array([at_ms]),
        since_ms=np.array([since_ms]),
        begun=np.array([1]),
        converted=np.array([1]),
        segment=np.array([segment]),
        challenger=np.array([-1]),
        streak=np.array([0]),
        row=np.zeros(SHAPE[2], dtype=np.int64),
        dimension=dimension,
        taste=np.array(before) + np.array(counts),
        before=np.array(before),
        added=np.array(counts),
    )


def test_a_year_of_visits_leaves_exactly_the_sums_of_the_members() -> None:
    """Against vectors kept visitor by visitor, whatever the moves."""
    random = np.random.default_rng(5)
    state = models(7)
    state = replace(SegmentModels.empty(*SHAPE), first_ms=state.first_ms)
    vectors, since, segment = np.zeros((12, SHAPE[2])), np.full(12, NEVER_SEEN), np.full(12, -1)
    for step in range(200):
        at_ms = NOW_MS + step * DAY_MS
        who = int(random.integers(12))
        left = 1.0 if since[who] == NEVER_SEEN else 2 ** (-(at_ms - since[who]) / HALF_LIVES.long_ms)
        counts = random.integers(0, 3, SHAPE[2]).astype(float)
        row = member(segment[who], counts.tolist(), (vectors[who] * left).tolist(), at_ms, since[who])
        target = np.array([random.integers(SHAPE[1])])
        state = merge(state, visited_statistics(row, target, SHAPE, HALF_LIVES), HALF_LIVES)
        vectors[who], since[who], segment[who] = vectors[who] * left + counts, at_ms, target[0]
    seen = since != NEVER_SEEN
    left = 2.0 ** (-(state.latest_ms[0] - since[seen]) / HALF_LIVES.long_ms)
    expected, present = np.zeros(SHAPE[1:]), np.zeros(SHAPE[1])
    np.add.at(expected, segment[seen], vectors[seen] * left[:, None])
    np.add.at(present, segment[seen], left)
    np.testing.assert_allclose(state.sums[0], expected, atol=1e-9)
    np.testing.assert_allclose(state.visitors[0], present, atol=1e-9)
    assert state.seen[0] == 200


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -5.0])
def test_what_is_no_count_never_reaches_a_centroid(bad: float) -> None:
    row = member(1, [bad, 1, 0, 0, 0, 0], [bad, 2, 0, 0, 0, 0], NOW_MS, NOW_MS - DAY_MS)
    after, found = update_segments(models(2), row, SETTINGS)
    assert np.isfinite(after.sums).all()
    assert after.sums[0, :, 0].sum() <= models(2).sums[0, :, 0].sum() + 1e-9
    assert np.isfinite(found.confidence).all()


@given(seed=seeds, n=st.integers(1, 30))
def test_each_visitor_gets_a_segment_that_lives(seed: int, n: int) -> None:
    state = models(seed)
    state.sums[:, 2] = 0.0
    _, found = update_segments(state, visits(n, seed), SETTINGS)
    assert ((found.segment >= 0) & (found.segment != 2)).all()
    assert ((found.confidence > 0) & (found.confidence <= 1)).all()


def test_ten_thousand_shops_are_one_call() -> None:
    B = 10_000
    batch = visits(300, 1)
    spread = replace(batch, shop=np.random.default_rng(0).integers(0, B, 300))
    after, found = update_segments(SegmentModels.empty(B, 4, SHAPE[2]), spread, SETTINGS)
    assert after.seen.sum() == batch.begun.sum()
    assert len(found.segment) == 300
