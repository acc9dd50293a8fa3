"""The loop between a source and Kafka, with a list in Kafka's place; test_delivery.py has the real one."""

import math

import pytest

from schemas.avro import decode
from schemas.behaviors import SCHEMA
from tests.tidemark.replay.clock import FakeClock
from tests.tidemark.replay.conftest import Rows, event
from tidemark.replay.pacing import Pacer
from tidemark.replay.run import Pump, Replayed, Shift
from tidemark.replay.source import BadRow, Event, Selection

NOW_S = 1_800_000_000.0
NOW_MS = 1_800_000_000_000


class Run:
    """One replay into a list."""

    def __init__(
        self,
        *rows: Event | str,
        speed: float = math.inf,
        shift: Shift = Shift.NONE,
        selection: Selection = Selection(),  # noqa: B008 - frozen
        stop_at: float = math.inf,
        cost: float = 0.0,
    ) -> None:
        self.clock = FakeClock(stop_at, cost)
        self.sent: list[tuple[bytes, Event]] = []
        self.progress: list[Replayed] = []
        self.bad: list[BadRow] = []
        pump = Pump(
            self._send,
            Pacer(speed, self.clock, self.clock),
            self.clock,
            self.progress.append,
            self.bad.append,
            now=lambda: NOW_S,
            clock=self.clock,
        )
        self.result = pump.run(Rows(*rows), selection, shift)

    def _send(self, key: bytes, value: bytes) -> None:
        self.clock.send(key, value)
        self.sent.append((key, decode(SCHEMA, value)))

    @property
    def times(self) -> list[int]:
        return [value["event_time"] for _, value in self.sent]


def test_events_are_sent_as_avro_in_order_keyed_by_visitor() -> None:
    rows = [event(1, visitor_id="ada"), event(2, visitor_id="访客")]
    run = Run(*rows)
    assert run.sent == [(b"ada", rows[0]), ("访客".encode(), rows[1])]


def test_the_result_counts_everything() -> None:
    run = Run(event(1, 5_000), "torn", event(2, 3_000), event(3, 4_000), event(4, price=-1.0))
    assert (run.result.sent, run.result.bad) == (3, 2)
    assert (run.result.first_ms, run.result.last_ms, run.result.now_ms) == (3_000, 5_000, 4_000)
    assert (run.result.share, run.result.interrupted) == (1.0, False)
    assert [str(row) for row in run.bad] == ["rows:2: torn", "rows:5: behavior.price: -1 is negative"]


def test_nothing_selected_is_nothing_sent() -> None:
    run = Run(event(1, 5), selection=Selection(from_ms=100))
    assert run.sent == []
    assert (run.result.sent, run.result.first_ms, run.result.last_ms, run.result.now_ms) == (
        0,
        None,
        None,
        None,
    )


def test_the_last_event_becomes_now_when_all_are_sent_at_once() -> None:
    run = Run(event(1, 1_000), event(2, 9_000), event(3, 4_000), shift=Shift.LAST)
    assert run.times == [NOW_MS - 8_000, NOW_MS, NOW_MS - 5_000]
    assert run.result.last_ms == NOW_MS


def test_the_last_event_is_the_selections_not_the_files() -> None:
    rows = [event(n, n * 1_000) for n in range(1, 10)]
    run = Run(*rows, shift=Shift.LAST, selection=Selection(from_ms=2_000, to_ms=8_000, limit=3))
    assert run.times == [NOW_MS - 2_000, NOW_MS - 1_000, NOW_MS]


def test_the_first_event_becomes_now_at_a_pace() -> None:
    run = Run(event(1, 1_000), "torn", event(2, 9_000), shift=Shift.FIRST, speed=2.0)
    assert run.times == [NOW_MS, NOW_MS + 8_000]
    assert run.clock.waits == [pytest.approx(4.0)]


def test_a_shift_of_nothing_is_no_error() -> None:
    assert Run(shift=Shift.LAST).sent == Run(shift=Shift.FIRST).sent == []


def test_bad_rows_are_reported_once_though_the_file_is_read_twice() -> None:
    assert len(Run("torn", event(1), shift=Shift.LAST).bad) == 1


def test_told_to_stop_it_stops_waiting_and_does_not_send_what_it_waited_for() -> None:
    run = Run(event(1, 1_000), event(2, 3_601_000), speed=1.0, stop_at=30.0)
    assert (len(run.sent), run.result.interrupted, run.clock.now) == (1, True, 30.0)


def test_told_to_stop_at_full_speed_it_stops_between_events() -> None:
    run = Run(*(event(n) for n in range(100)), stop_at=10.0, cost=1.0)
    assert (run.result.sent, run.result.interrupted) == (10, True)


def test_progress_comes_ten_times_a_second_not_with_each_event() -> None:
    run = Run(*(event(n, 1_000 + n) for n in range(1_000)), cost=0.001)
    assert 8 <= len(run.progress) <= 12
    assert [state.sent for state in run.progress] == sorted(state.sent for state in run.progress)
    assert all(state.share == pytest.approx(state.sent / 1_000) for state in run.progress)


def test_with_a_limit_the_share_is_of_the_limit() -> None:
    run = Run(*(event(n) for n in range(1_000)), selection=Selection(limit=10), cost=1.0)
    assert [state.share for state in run.progress] == [pytest.approx(n / 10) for n in range(1, 11)]
