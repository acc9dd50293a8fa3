"""Replay a data set: select, pace, encode, send, and count everything."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tidemark.replay.delivery import Delivery
from tidemark.replay.messages import Avro, Messages
from tidemark.replay.pacing import Pacer, Stop, StopFlag
from tidemark.replay.selection import events, last_event_ms
from tidemark.replay.source import BadRow, Event, Selection, Source
from tidemark.topics import Kafka

PROGRESS_EVERY_S = 0.1


class Shift(Enum):
    """Which event of the selection becomes now."""

    NONE = "none"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Replayed:
    """What was sent, so far or in all.

    sent : events handed to Kafka; at the end, taken by Kafka.
    broken : messages sent beside them that are no events, as asked for.
    bad : rows that were no events.
    first_ms, last_ms : least and greatest event time as sent (after shift-to-now); None while sent is 0.
    now_ms : event time of the event handed over last.
    share : of the source that has been read, or of the limit that has been sent, 0 to 1.
    interrupted : told to stop before the end.
    seconds : since the first row was asked for.
    """

    sent: int = 0
    broken: int = 0
    bad: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    now_ms: int | None = None
    share: float = 0.0
    interrupted: bool = False
    seconds: float = 0.0


def replay(
    source: Source,
    kafka: Kafka,
    *,
    topic: str | None = None,
    messages: Messages | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    speed: float = float("inf"),
    shift_to_now: bool = False,
    on_progress: Callable[[Replayed], None] | None = None,
    on_bad_row: Callable[[BadRow], None] | None = None,
    stop: Stop | None = None,
) -> Replayed:
    """Send the selected events of `source` to a topic, keyed by visitor id.

    Parameters
    ----------
    kafka : how to reach it; the topic must exist.
    topic : None: the one for such messages.
    messages : what is sent for an event; None: raw Avro.
    speed : seconds of event time a second; infinity is as fast as possible.
    shift_to_now : move all event times by one amount: at infinite speed the last event of the selection
        becomes now (a file is read twice for that), at any other speed the first one.
    on_progress : called some ten times a second while events are sent, and at the end.
    on_bad_row : called for each row that is no event.
    stop : set it to end early; what was sent is flushed and counted. In a signal handler take a StopFlag.

    Raises
    ------
    UserError : no Kafka, no topic (exit code 2); Kafka did not take a message (exit code 1).
    """
    stop = stop or StopFlag()
    messages = messages or Avro()
    with Delivery(kafka, topic or messages.topic(source)) as delivery:
        pump = Pump(delivery.send, Pacer(speed, stop), stop, on_progress, on_bad_row, messages=messages)
        shift = Shift.NONE if not shift_to_now else Shift.LAST if speed == float("inf") else Shift.FIRST
        replayed = pump.run(source, selection, shift)
        delivery.finish()
    if on_progress is not None:
        on_progress(replayed)
    return replayed


class Pump:
    """The loop between a source and whatever takes messages.

    Parameters
    ----------
    send : takes key and value.
    now : seconds since 1970, for shift-to-now.
    clock : seconds, monotonic, for rates.
    messages : what is sent for an event; None: raw Avro.
    """

    def __init__(
        self,
        send: Callable[[bytes, bytes], None],
        pacer: Pacer,
        stop: Stop,
        on_progress: Callable[[Replayed], None] | None = None,
        on_bad_row: Callable[[BadRow], None] | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        messages: Messages | None = None,
    ) -> None:
        self._send, self._pacer, self._stop = send, pacer, stop
        self._on_progress, self._on_bad_row = on_progress, on_bad_row
        self._now, self._clock = now, clock
        self._messages = messages or Avro()
        self._sent = self._broken = self._bad = 0
        self._times: tuple[int, int, int] | None = None

    def run(self, source: Source, selection: Selection, shift: Shift) -> Replayed:
        """Send the selection; the result's `seconds` end with the last event handed over."""
        start = next_progress = self._clock()
        by = self._by(last_event_ms(source, selection, self._stop.is_set)) if shift is Shift.LAST else 0
        for row in events(source, selection, self._stop.is_set):
            if isinstance(row, BadRow):
                self._report(row)
                continue
            if shift is Shift.FIRST and self._times is None:
                by = self._by(row["event_time"])
            row["event_time"] += by
            self._pacer.wait_for(row["event_time"])
            if self._stop.is_set():
                break
            self._hand_over(source, row)
            if self._on_progress is not None and self._clock() >= next_progress:
                self._on_progress(self._so_far(source, selection, start))
                next_progress = self._clock() + PROGRESS_EVERY_S
        return self._so_far(source, selection, start)

    def _hand_over(self, source: Source, event: Event) -> None:
        key = event["visitor_id"].encode()
        for broken, message in enumerate(self._messages.of(source, event)):
            self._send(key, message)
            self._broken += broken
        self._sent += 1
        at = event["event_time"]
        if self._times is None:
            self._times = at, at, at
        else:
            first, last, _ = self._times
            self._times = min(first, at), max(last, at), at

    def _report(self, row: BadRow) -> None:
        self._bad += 1
        if self._on_bad_row is not None:
            self._on_bad_row(row)

    def _by(self, event_ms: int | None) -> int:
        """By how much to move `event_ms` to make it now."""
        return 0 if event_ms is None else round(self._now() * 1000) - event_ms

    def _so_far(self, source: Source, selection: Selection, start: float) -> Replayed:
        first, last, now = self._times or (None, None, None)
        share = source.share_read()
        if selection.limit is not None:
            share = max(share, self._sent / selection.limit)
        return Replayed(
            sent=self._sent,
            broken=self._broken,
            bad=self._bad,
            first_ms=first,
            last_ms=last,
            now_ms=now,
            share=min(share, 1.0),
            interrupted=self._stop.is_set(),
            seconds=self._clock() - start,
        )
