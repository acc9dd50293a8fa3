"""What a person sees of a replay: a progress bar, the first bad rows, a summary; and how Ctrl-C ends it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidemark.replay.pacing import StopFlag
from tidemark.replay.run import Replayed
from tidemark.replay.source import BadRow

BAD_ROWS_SHOWN = 10

STOPPING = b"\nstopping: waiting for Kafka to take what was sent; Ctrl-C again leaves at once\n"


class Display:
    """Progress and bad rows on a console; a context manager. On what is no terminal: bad rows only."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bad = 0
        self._progress = Progress(
            TextColumn("{task.fields[at]}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[sent]:,} events, {task.fields[rate]:,.0f}/s, left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=1.0, at="reading", sent=0, rate=0.0)

    def show(self, replayed: Replayed) -> None:
        """The state of the replay; the bar's share is the source's."""
        self._progress.update(
            self._task,
            completed=replayed.share,
            at="" if replayed.now_ms is None else utc(replayed.now_ms),
            sent=replayed.sent,
            rate=rate(replayed),
        )

    def bad_row(self, row: BadRow) -> None:
        """Say what is wrong with it; from the eleventh on, only count."""
        self._bad += 1
        if self._bad <= BAD_ROWS_SHOWN:
            self._say(f"bad row: {row}")
        elif self._bad == BAD_ROWS_SHOWN + 1:
            self._say("further bad rows are only counted")

    def _say(self, text: str) -> None:
        self._progress.console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def summary(replayed: Replayed, topic: str) -> str:
    """What happened, for the end."""
    parts = [
        f"{'Stopped. ' if replayed.interrupted else ''}{counted(replayed.sent, 'event')} sent to {topic} in "
        f"{timedelta(seconds=round(replayed.seconds))} ({rate(replayed):,.0f}/s)"
    ]
    if replayed.first_ms is not None and replayed.last_ms is not None:
        parts.append(f"event times {utc(replayed.first_ms)} to {utc(replayed.last_ms)} (UTC)")
    elif not replayed.interrupted:
        parts.append("nothing lies in the selection")
    if replayed.broken:
        parts.append(f"{counted(replayed.broken, 'broken message')} among them")
    parts.append(f"{counted(replayed.bad, 'bad row')} left out")
    return "; ".join(parts)


def rate(replayed: Replayed) -> float:
    """Events a second, in the mean since the beginning."""
    return replayed.sent / replayed.seconds if replayed.seconds > 0 else 0.0


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def utc(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}"


@contextmanager
def stopped_by_ctrl_c() -> Iterator[StopFlag]:
    """A flag that Ctrl-C sets, so that what was sent is flushed and counted; a second Ctrl-C ends at once."""
    stop = StopFlag()
    before = signal.getsignal(signal.SIGINT)

    def tell(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)
        os.write(sys.stderr.fileno(), STOPPING)  # a console's lock may be held by what was interrupted

    signal.signal(signal.SIGINT, tell)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
