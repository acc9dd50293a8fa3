"""Latency under load: from the moment the broker took an event until Redis has answered its write."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks import segments
from benchmarks.load import Load, Sent, households, visitors_of
from benchmarks.place import Place, until
from benchmarks.subjects import submit
from tidemark import jobs
from tidemark.errors import UserError
from tidemark.topics import create_topics

TOPIC = "bench-latency"
SETTLED_S, MEASURED_S = 15, 60
FASTER = 1.2
CURVE = (0.1, 0.25, 0.5, 0.75, 0.9)
DRAIN_S, QUIET_S = 300, 3
EACH = 20
"""Purchases of a visitor where segments are measured: Redis is told of who is new, and of who moves."""
ROUND = 300_000
"""Events; the next round's visitors are others."""
FLAT_S = 1.0
"""Lag is flat when it grows, by the line fitted to a minute's lags, by less than one second's events."""

Times = np.ndarray[tuple[int, int], np.dtype[np.int64]]


Event = dict[str, Any]


def every_event(events: Iterable[Event]) -> Iterator[bool]:
    """Preferences: each event is a row."""
    return (True for _ in events)


def new_at_a_shop(events: Iterable[Event]) -> Iterator[bool]:
    """Segments: a visitor's first event at a shop is a row for sure; a later one if it changes that."""
    known: set[tuple[str, str]] = set()
    for event in events:
        who = event["visitor_id"], event["shop_id"]
        yield who not in known
        known.add(who)


@dataclass(frozen=True)
class Loaded:
    """What a job is loaded with.

    events : of one round. rows : of each event, whether Redis is surely told of it. exact : and of no other.
    first_rate : events a second to begin with.
    """

    events: Callable[[], Iterable[Event]]
    rows: Callable[[Iterable[Event]], Iterator[bool]]
    exact: bool
    first_rate: float
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


LOADED = {
    "visitor_preferences": Loaded(households, every_event, exact=True, first_rate=40_000),
    segments.JOB: Loaded(
        lambda: islice(visitors_of(EACH), ROUND),
        new_at_a_shop,
        exact=False,
        first_rate=4_000,
        settings=segments.TOPICS,
    ),
}
"""By job."""


@dataclass(frozen=True)
class Phase:
    """A minute under a steady load.

    rate : events a second that the broker took.
    lag : at each second, rows of events that it took and that Redis has not answered.
    latency_ms : of each row. share : of events that bring a row.
    """

    rate: float
    lag: np.ndarray[Any, np.dtype[np.int64]]
    latency_ms: np.ndarray[Any, np.dtype[np.int64]]
    share: float = 1.0

    @property
    def is_sustained(self) -> bool:
        slope, _ = np.polyfit(np.arange(len(self.lag)), self.lag, 1)
        return bool(slope * len(self.lag) < FLAT_S * self.rate * self.share)

    def percentile(self, percent: float) -> float:
        """Of the latency, ms."""
        return float(np.percentile(self.latency_ms, percent))


def phase(times: Times, start_ms: int, measured_s: int, share: float = 1.0) -> Phase:
    """What the log says of the events that the broker took in the `measured_s` from `start_ms`.

    times : (rows, 2), when the broker took each and when Redis had answered it, epoch ms.
    share : rows an event.
    """
    taken, answered = np.sort(times[:, 0]), np.sort(times[:, 1])
    seconds = start_ms + 1000 * np.arange(measured_s + 1)
    inside = (times[:, 0] >= start_ms) & (times[:, 0] < seconds[-1])
    lag = np.searchsorted(taken, seconds) - np.searchsorted(answered, seconds)
    return Phase(inside.sum() / share / measured_s, lag, times[inside, 1] - times[inside, 0], share)


@dataclass
class Latency:
    """The running job, its load, and the log in which the sink writes the times of every row.

    rows : of so many events of a round, how many Redis is surely told of.
    """

    place: Place
    load: Load
    log: Path
    say: Callable[[str], None]
    rows: np.ndarray[Any, np.dtype[np.int64]]
    exact: bool
    told: int = 0

    def run(self, rate: float) -> Phase:
        """A minute at `rate` events a second, once it has settled; returns when Redis has everything.

        Raises
        ------
        UserError : a row is missing in the log, or one too many.
        """
        sent = self.load.send(TOPIC, round(rate * (SETTLED_S + MEASURED_S)), rate)
        rounds, more = divmod(sent.count, len(self.rows) - 1)
        least = self.told + int(rounds * self.rows[-1] + self.rows[more])
        self.await_all(sent, least)
        times = np.fromfile(self.log, dtype=np.int64).reshape(-1, 2)
        if self.exact and len(times) != least:
            raise UserError(f"{least:,} events were sent, {len(times):,} answered", exit_code=1)
        share, self.told = (len(times) - self.told) / sent.count, len(times)
        found = phase(times, round(1000 * (sent.started_s + SETTLED_S)), MEASURED_S, share)
        self.say(
            f"{found.rate:,.0f} events/s: p50 {found.percentile(50):.0f} ms, p99 {found.percentile(99):.0f} "
            f"ms, longest {found.latency_ms.max()} ms, lag {found.lag[0]:,} to {found.lag[-1]:,}"
        )
        return found

    def await_all(self, sent: Sent, least: int) -> None:
        """Until so many rows are in the log, and no more of them come."""
        row, otherwise = 2 * np.dtype(np.int64).itemsize, f"not all of {sent.count:,} events were answered"
        until(lambda: self.log.exists() and self._size() >= least * row, DRAIN_S, otherwise)
        size = -1
        while not self.exact and size != self._size():
            size = self._size()
            time.sleep(QUIET_S)

    def _size(self) -> int:
        return self.log.stat().st_size


def measure(
    place: Place, say: Callable[[str], None], first_rate: float = 0, curve: Sequence[float] = CURVE
) -> list[dict[str, Any]]:
    """Latency at parts, `curve`, of the highest rate that is sustained, which is looked for first.

    first_rate : events a second that the search begins with; 0: the job's.
    """
    log, loaded = place.stack.run / "tmp" / "latency", LOADED[place.job]
    first_rate = first_rate or loaded.first_rate
    load = Load(place.stack, place.stack.run / "tmp" / "load")
    load.write(loaded.events())
    rows = np.cumsum([0, *loaded.rows(loaded.events())])
    create_topics(place.kafka, [TOPIC], config={"message.timestamp.type": "LogAppendTime"})
    place.empty_redis()
    submit(place, TOPIC, {"TIDEMARK_LATENCY_LOG": str(log), **loaded.settings})
    try:
        running = Latency(place, load, log, say, rows, loaded.exact)
        say("looking for the highest rate with flat lag …")
        running.run(first_rate)  # warms up
        highest = sustained(running, first_rate)
        phases = [running.run(part * highest) for part in curve]
    finally:
        jobs.cancel(place.flink, place.stack.run, place.job)
    return [
        {
            "job": place.job,
            "backend": "rocksdb",
            "events_per_s": round(found.rate),
            "of_sustained": part,
            "p50_ms": round(found.percentile(50)),
            "p99_ms": round(found.percentile(99)),
        }
        for part, found in zip(curve, phases, strict=True)
    ]


def sustained(running: Latency, first_rate: float) -> float:
    """The highest rate of a geometric series from `first_rate` on that is sustained.

    Raises
    ------
    UserError : not even the first.
    """
    rate, found = first_rate, running.run(first_rate)
    if not found.is_sustained:
        raise UserError(f"{rate:,.0f} events/s are too many for this machine", exit_code=1)
    while True:
        faster = running.run(rate * FASTER)
        if not faster.is_sustained or faster.rate < 0.98 * rate * FASTER:
            return rate
        rate *= FASTER
