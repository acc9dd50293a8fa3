"""`tidemark demo`, as a person starts it and as they end it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import ConnectionError, Redis

from tests.corner import await_true
from tests.stack_fixture import TOOLS
from tidemark.demo import STAY_S
from tidemark.live_view import Rate
from tidemark.settings import stack_addresses
from tidemark.stack import processes


def test_a_rate_is_taken_over_the_last_seconds() -> None:
    rate = Rate()
    readings = [rate.update(second, 100 * second) for second in range(60)]
    assert readings[0] == 0
    assert readings[-1] == pytest.approx(100)


def test_a_counter_that_restarts_does_not_make_a_negative_rate() -> None:
    rate = Rate()
    assert [rate.update(t, n) for t, n in ((0, 0), (1, 1000), (2, 10), (3, 20))] == [0, 1000, 0, 10]


def test_without_a_reading_the_rate_is_zero() -> None:
    assert Rate().update(1.0, None) == 0


def has_visitors(run: Path) -> bool:
    """The demo's Redis holds somebody's preferences."""
    address = stack_addresses(run).get("redis")
    if address is None:
        return False
    try:
        with Redis.from_url(address) as client:
            return next(client.scan_iter("tm:{*}:preferences:1", count=1000), None) is not None
    except ConnectionError:  # it is only being started
        return False


@pytest.mark.flink
def test_the_demo_shows_households_and_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    output = tmp_path / "screen"
    program = Path(sys.executable).parent / "tidemark"
    variables = {"TIDEMARK_RUN": str(tmp_path / "run"), "TIDEMARK_TOOLS": str(TOOLS), "COLUMNS": "120"}
    with output.open("w") as screen:
        demo = subprocess.Popen(
            [str(program), "demo"],
            env=os.environ | variables,
            stdout=screen,
            stderr=screen,
            stdin=subprocess.DEVNULL,
        )
        try:
            await_true(lambda: has_visitors(tmp_path / "run" / "demo"), 120, output.read_text)
            # Not a terminal, so the screen is printed once, at the end: when others have been chosen.
            time.sleep(STAY_S + 3)
            assert demo.poll() is None, output.read_text()
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=60) == 0
        finally:
            demo.kill()
    shown = output.read_text()
    for part in (
        "events a second",
        "lag (events)",
        "Flink UI",
        "http://127.0.0.1:",
        "household",
        "long",
        "dead letters",
    ):
        assert part in shown
    assert not processes.marked(tmp_path / "run" / "demo")
