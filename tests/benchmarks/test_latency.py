"""What is read out of the times of rows."""

import numpy as np
import pytest

from benchmarks.latency import Times, every_event, new_at_a_shop, phase

START_MS = 1_700_000_000_000


def at_rate(rate: int, seconds: int, latency_ms: Times | int) -> Times:
    """Events that the broker took evenly, from two seconds before the start on."""
    taken = START_MS - 2000 + np.arange(rate * (seconds + 2)) * 1000 // rate
    return np.column_stack([taken, taken + latency_ms])


def test_only_events_that_came_within_the_minute_count() -> None:
    found = phase(at_rate(100, 10, 40), START_MS, 5)
    assert found.rate == 100
    assert len(found.latency_ms) == 500
    assert found.percentile(50) == found.percentile(99) == 40


def test_lag_is_what_was_taken_and_not_answered() -> None:
    found = phase(at_rate(1000, 10, 500), START_MS, 5)
    assert found.lag == pytest.approx([500] * 6, abs=2)
    assert found.is_sustained


def test_a_lag_that_grows_is_not_sustained() -> None:
    rate, seconds = 1000, 20
    slower = np.arange(rate * (seconds + 2)) // 10  # each event is answered 0.1 ms later than the one before
    assert not phase(at_rate(rate, seconds, slower), START_MS, seconds).is_sustained


def test_a_short_delay_in_the_middle_is_no_growth() -> None:
    times = at_rate(1000, 20, 50)
    late = (times[:, 0] > START_MS + 9000) & (times[:, 0] < START_MS + 10_000)
    times[late, 1] = START_MS + 11_000
    assert phase(times, START_MS, 20).is_sustained


def test_where_only_some_events_bring_a_row_the_rate_is_that_of_the_events() -> None:
    found = phase(at_rate(100, 10, 40), START_MS, 5, share=0.25)
    assert (found.rate, len(found.latency_ms)) == (400, 500)
    assert found.is_sustained


def test_of_segments_the_first_event_of_each_visitor_at_each_shop_is_a_row() -> None:
    visits = [("v", "s"), ("v", "t"), ("v", "s"), ("w", "s")]
    events = [{"visitor_id": visitor, "shop_id": shop} for visitor, shop in visits]
    assert list(new_at_a_shop(events)) == [True, True, False, True]
    assert list(every_event(events)) == [True] * 4
