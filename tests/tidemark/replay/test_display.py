import io
import os
import signal
from collections.abc import Iterator

import pytest
from rich.console import Console

from tidemark.replay.display import Display, stopped_by_ctrl_c, summary
from tidemark.replay.run import Replayed
from tidemark.replay.source import BadRow

DONE = Replayed(
    sent=20_000,
    bad=3,
    first_ms=1_483_271_606_000,
    last_ms=1_483_358_006_000,
    now_ms=1_483_358_006_000,
    seconds=10.0,
)


def shown(terminal: bool, bad_rows: int = 0) -> str:
    text = io.StringIO()
    with Display(Console(file=text, force_terminal=terminal, width=120)) as display:
        for line in range(1, bad_rows + 1):
            display.bad_row(BadRow("events.csv", line, "[red] torn"))
        display.show(DONE)
    return text.getvalue()


def test_a_terminal_shows_event_time_count_and_rate() -> None:
    text = shown(terminal=True)
    assert "2017-01-02 11:53:26" in text
    assert "20,000 events, 2,000/s" in text


def test_what_is_no_terminal_shows_bad_rows_only() -> None:
    assert shown(terminal=False) == ""
    assert shown(terminal=False, bad_rows=1) == "bad row: events.csv:1: [red] torn\n"


def test_ten_bad_rows_are_shown_and_more_are_announced_once() -> None:
    text = shown(terminal=False, bad_rows=30).splitlines()
    assert text == [
        *(f"bad row: events.csv:{line}: [red] torn" for line in range(1, 11)),
        "further bad rows are only counted",
    ]


def test_the_summary_says_what_was_sent_and_what_was_not() -> None:
    assert summary(DONE, "behaviors") == (
        "20,000 events sent to behaviors in 0:00:10 (2,000/s); event times 2017-01-01 11:53:26 to "
        "2017-01-02 11:53:26 (UTC); 3 bad rows left out"
    )


def test_the_summary_says_when_there_was_nothing_to_send_or_no_end() -> None:
    assert "nothing lies in the selection" in summary(Replayed(seconds=1.0), "behaviors")
    assert summary(Replayed(sent=1, interrupted=True), "behaviors").startswith("Stopped. 1 event sent")


@pytest.fixture
def _heard() -> Iterator[None]:
    """Ctrl-C ends this process, also where it was started in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
def test_ctrl_c_sets_the_flag_and_a_second_one_ends_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopped_by_ctrl_c() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        assert "Ctrl-C again leaves at once" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
