"""Who moves, and who stays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from operators.maths.segments.assign_segments import Hysteresis, assign_segments, reasons, visit_scores
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_scores import scores
from operators.maths.segments.visits import NEVER_SEEN, Visits
from tests.operators.maths.segments.segment_strategies import (
    NOW_MS,
    SHAPE,
    models,
    numbers_of_visits,
    seeds,
    visits,
)
from tests.oracles.own_scores import own_score

SETTLED = Hysteresis(margin=3.0, visits=1, settling_ms=0)


def dense(of: Visits, values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    out = np.zeros((len(of), SHAPE[2]))
    out[of.row, of.dimension] = values
    return out


@given(seed=seeds, n=numbers_of_visits)
def test_sparse_rows_score_as_dense_ones(seed: int, n: int) -> None:
    state, batch = models(seed), visits(n, seed)
    X, Y = dense(batch, batch.taste), dense(batch, batch.before)
    found = visit_scores(state, batch, 20.0)
    for i in range(n):
        sums, here = state.sums[batch.shop[i]], batch.segment[i]
        expected = scores(X[i : i + 1], sums, 20.0)[0]
        if here >= 0:
            expected[here] = own_score(X[i], Y[i], sums[here], sums.sum(axis=0), 20.0)
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-6)


@given(seed=seeds, n=numbers_of_visits)
def test_reasons_add_up_to_the_score(seed: int, n: int) -> None:
    state, batch = models(seed), replace(visits(n, seed), segment=np.full(n, -1))
    segment = np.random.default_rng(seed).integers(0, SHAPE[1], n)
    total = batch.per_row(reasons(state, batch, segment, 20.0))
    expected = visit_scores(state, batch, 20.0)[np.arange(n), segment]
    np.testing.assert_allclose(total, expected, rtol=1e-9, atol=1e-9)


def two_segments(first_ms: int = 0) -> SegmentModels:
    empty = SegmentModels.empty(1, 2, 2)
    sums = np.array([[[900.0, 100.0], [100.0, 900.0]]])
    return replace(empty, sums=sums, first_ms=np.array([first_ms]), latest_ms=np.array([NOW_MS]))


def visitor(segment: int, counts: tuple[float, float], challenger: int = -1, streak: int = 0) -> Visits:
    none = np.zeros(2)
    return Visits(
        shop=np.array([0]),
        at_ms=np.array([NOW_MS]),
        since_ms=np.array([NEVER_SEEN]),
        begun=np.array([1]),
        converted=np.array([0]),
        segment=np.array([segment]),
        challenger=np.array([challenger]),
        streak=np.array([streak]),
        row=np.zeros(2, dtype=np.int64),
        dimension=np.arange(2),
        taste=np.array(counts),
        before=none,
        added=none,
    )


def test_a_new_visitor_gets_a_segment_from_one_event() -> None:
    found = assign_segments(two_segments(), visitor(-1, (0.0, 1.0)), 10.0, SETTLED)
    assert found.segment.tolist() == [1]
    assert found.confidence[0] > 0.5


@pytest.mark.parametrize(("counts", "expected"), [((0.0, 1.0), 0), ((0.0, 4.0), 1)])
def test_only_a_clear_gain_moves_a_visitor(counts: tuple[float, float], expected: int) -> None:
    assert assign_segments(two_segments(), visitor(0, counts), 10.0, SETTLED).segment.tolist() == [expected]


def test_a_settling_shop_moves_visitors_for_less() -> None:
    settling = replace(SETTLED, settling_ms=1_000_000, settling_margin=0.1)
    found = assign_segments(two_segments(NOW_MS - 1000), visitor(0, (0.0, 1.0)), 10.0, settling)
    assert found.segment.tolist() == [1]


def test_twice_running_means_the_same_challenger_twice() -> None:
    twice = replace(SETTLED, visits=2)
    first = assign_segments(two_segments(), visitor(0, (0.0, 4.0)), 10.0, twice)
    assert (first.segment[0], first.challenger[0], first.streak[0]) == (0, 1, 1)
    second = assign_segments(two_segments(), visitor(0, (0.0, 4.0), 1, 1), 10.0, twice)
    assert (second.segment[0], second.streak[0]) == (1, 0)
    between = assign_segments(two_segments(), visitor(0, (4.0, 0.0), 1, 1), 10.0, twice)
    assert (between.segment[0], between.streak[0]) == (0, 0)


def test_a_visitor_of_a_dead_segment_moves_at_once() -> None:
    state = two_segments()
    state.sums[0, 0] = 0.0
    found = assign_segments(state, visitor(0, (5.0, 0.0)), 10.0, SETTLED)
    assert found.segment.tolist() == [1]
    assert np.isfinite(found.gain).all()


def test_a_shop_without_events_puts_everybody_in_the_first_segment() -> None:
    found = assign_segments(SegmentModels.empty(1, 2, 2), visitor(-1, (1.0, 0.0)), 10.0, SETTLED)
    assert found.segment.tolist() == [0]
