"""When to send: event time mapped on the wall clock."""

import math
import time
from collections.abc import Callable
from typing import Protocol

from tidemark.errors import UserError

SLICE_S = 0.05
"""How soon a wait notices that it shall end."""


def parse_speed(text: str) -> float:
    """Seconds of event time a second: a number above 0, or `max` (infinity). Raises UserError: neither."""
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = math.nan
    if speed > 0 and (math.isfinite(speed) or text == "max"):
        return speed
    raise UserError(f"--speed {text}: a number above 0 (1 is real time, 60 a minute a second) or max")


class Stop(Protocol):
    """What tells a replay to end: a `threading.Event`, set by another thread, or a `StopFlag`."""

    def is_set(self) -> bool:
        """Told to stop?"""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait `timeout` seconds or until told to stop; whether told."""
        ...


class StopFlag:
    """A Stop that a signal handler may set.

    A `threading.Event` holds a lock within `wait`, for which a handler in that thread could wait for ever.
    """

    def __init__(self) -> None:
        self._told = False

    def set(self) -> None:
        self._told = True

    def is_set(self) -> bool:
        return self._told

    def wait(self, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while not self._told and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
        return self._told


class Pacer:
    """Waits until an event is due.

    The first event is due at once, another (its event time − the first one's) / speed later. Events that are
    late, or out of order, are due at once; what was missed is caught up, so the mapping never drifts.

    Parameters
    ----------
    speed : seconds of event time a second; infinity never waits.
    stop : waits, too, and ends waiting.
    clock : seconds, monotonic.
    """

    def __init__(self, speed: float, stop: Stop, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed, self._stop, self._clock = speed, stop, clock
        self._start: float | None = None
        self._first_ms = 0

    def wait_for(self, event_ms: int) -> None:
        """Return when the event at `event_ms` is due, or when told to stop."""
        if self._start is None:
            self._start, self._first_ms = self._clock(), event_ms
        due = self._start + (event_ms - self._first_ms) / 1000 / self._speed
        ahead = due - self._clock()
        if ahead > 0:
            self._stop.wait(ahead)
