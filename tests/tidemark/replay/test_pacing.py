import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tidemark.replay.clock import FakeClock
from tidemark.errors import UserError
from tidemark.replay.pacing import Pacer, Stop, StopFlag, parse_speed


@given(at=st.lists(st.integers(0, 10**9), min_size=1), speed=st.floats(0.01, 10**6))
def test_an_event_goes_out_when_its_time_has_come_or_at_once_when_it_is_late(
    at: list[int], speed: float
) -> None:
    clock = FakeClock()
    pacer = Pacer(speed, clock, clock)
    for n, time_ms in enumerate(at):
        pacer.wait_for(time_ms)
        assert clock.now == pytest.approx((max(at[: n + 1]) - at[0]) / 1000 / speed, abs=1e-6)


@pytest.mark.parametrize(("speed", "wait_s"), [(1.0, 60.0), (60.0, 1.0), (0.5, 120.0)])
def test_the_speed_divides_the_time_between_events(speed: float, wait_s: float) -> None:
    clock = FakeClock()
    pacer = Pacer(speed, clock, clock)
    pacer.wait_for(1_500_000_000_000)
    pacer.wait_for(1_500_000_060_000)
    assert clock.waits == [pytest.approx(wait_s)]


def test_lost_time_is_caught_up() -> None:
    clock = FakeClock()
    pacer = Pacer(1.0, clock, clock)
    pacer.wait_for(0)
    clock.now = 5.0
    pacer.wait_for(3_000)
    assert clock.waits == []
    pacer.wait_for(6_000)
    assert clock.waits == [pytest.approx(1.0)]


def test_max_never_waits() -> None:
    clock = FakeClock()
    pacer = Pacer(math.inf, clock, clock)
    for time_ms in (0, 10**12, 5):
        pacer.wait_for(time_ms)
    assert clock.waits == []


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("1e3", 1000.0), ("max", math.inf)])
def test_a_speed_is_a_factor_or_max(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", "", "MAX"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^--speed .*: a number above 0 \(1 is real time") as caught:
        parse_speed(text)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("stop", [StopFlag(), threading.Event()])
def test_a_wait_ends_when_told(stop: Stop) -> None:
    assert not stop.wait(0.01)
    timer = threading.Timer(0.1, stop.set)  # type: ignore[attr-defined]
    timer.start()
    start = time.monotonic()
    assert stop.wait(60)
    timer.join()
    assert time.monotonic() - start < 5
    assert stop.is_set()
