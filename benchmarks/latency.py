"""Latency under load: from the moment the broker took an event until Redis has answered its write."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import Load, Sent, households
from benchmarks.place import Place, until
from benchmarks.subjects import submit
from tidemark import jobs
from tidemark.errors import UserError
from tidemark.topics import create_topics

TOPIC = "bench-latency"
SETTLED_S, MEASURED_S = 15, 60
FIRST_RATE, FASTER = 40_000, 1.2
CURVE = (0.1, 0.25, 0.5, 0.75, 0.9)
DRAIN_S = 300
FLAT_S = 1.0
"""Lag is flat when it grows, by the line fitted to a minute's lags, by less than one second's events."""

Times = np.ndarray[tuple[int, int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Phase:
    """A minute under a steady load.

    rate : events a second that the broker took.
    lag : at each second, events that it took and Redis has not answered.
    latency_ms : of each event.
    """

    rate: float
    lag: np.ndarray[Any, np.dtype[np.int64]]
    latency_ms: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def is_sustained(self) -> bool:
        slope, _ = np.polyfit(np.arange(len(self.lag)), self.lag, 1)
        return bool(slope * len(self.lag) < FLAT_S * self.rate)

    def percentile(self, percent: float) -> float:
        """Of the latency, ms."""
        return float(np.percentile(self.latency_ms, percent))


def phase(times: Times, start_ms: int, measured_s: int) -> Phase:
    """What the log says of the events that the broker took in the `measured_s` from `start_ms`.

    times : (events, 2), when the broker took each and when Redis had answered it, epoch ms.
    """
    taken, answered = np.sort(times[:, 0]), np.sort(times[:, 1])
    seconds = start_ms + 1000 * np.arange(measured_s + 1)
    inside = (times[:, 0] >= start_ms) & (times[:, 0] < seconds[-1])
    lag = np.searchsorted(taken, seconds) - np.searchsorted(answered, seconds)
    return Phase(inside.sum() / measured_s, lag, times[inside, 1] - times[inside, 0])


@dataclass
class Latency:
    """The running job, its load, and the log in which the sink writes the times of every row."""

    place: Place
    load: Load
    log: Path
    say: Callable[[str], None]
    sent: int = 0

    def run(self, rate: float) -> Phase:
        """A minute at `rate` events a second, once it has settled; returns when Redis has everything.

        Raises
        ------
        UserError : a row is missing in the log, or one too many.
        """
        sent = self.load.send(TOPIC, round(rate * (SETTLED_S + MEASURED_S)), rate)
        self.sent += sent.count
        self.await_all(sent)
        times = np.fromfile(self.log, dtype=np.int64).reshape(-1, 2)
        if len(times) != self.sent:
            raise UserError(f"{self.sent:,} events were sent, {len(times):,} answered", exit_code=1)
        found = phase(times, round(1000 * (sent.started_s + SETTLED_S)), MEASURED_S)
        self.say(
            f"{found.rate:,.0f} events/s: p50 {found.percentile(50):.0f} ms, p99 {found.percentile(99):.0f} "
            f"ms, longest {found.latency_ms.max()} ms, lag {found.lag[0]:,} to {found.lag[-1]:,}"
        )
        return found

    def await_all(self, sent: Sent) -> None:
        """Until every event that was sent is in the log."""
        wanted = self.sent * 2 * np.dtype(np.int64).itemsize
        until(
            lambda: self.log.exists() and self.log.stat().st_size >= wanted,
            DRAIN_S,
            f"not all of {sent.count:,} events were answered",
        )


def measure(place: Place, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Latency at parts of the highest rate that is sustained, which is looked for first."""
    log = place.stack.run / "tmp" / "latency"
    load = Load(place.stack, place.stack.run / "tmp" / "load")
    load.write(households())
    create_topics(place.kafka, [TOPIC], config={"message.timestamp.type": "LogAppendTime"})
    place.empty_redis()
    submit(place, TOPIC, {"TIDEMARK_LATENCY_LOG": str(log)})
    try:
        running = Latency(place, load, log, say)
        say("looking for the highest rate with flat lag …")
        running.run(FIRST_RATE)  # warms up
        highest = sustained(running)
        phases = [running.run(part * highest) for part in CURVE]
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
        for part, found in zip(CURVE, phases, strict=True)
    ]


def sustained(running: Latency) -> float:
    """The highest rate of a geometric series that is sustained.

    Raises
    ------
    UserError : not even the first.
    """
    rate, found = float(FIRST_RATE), running.run(FIRST_RATE)
    if not found.is_sustained:
        raise UserError(f"{rate:,.0f} events/s are too many for this machine", exit_code=1)
    while True:
        faster = running.run(rate * FASTER)
        if not faster.is_sustained or faster.rate < 0.98 * rate * FASTER:
            return rate
        rate *= FASTER
