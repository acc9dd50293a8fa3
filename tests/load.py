"""Real events into a corner's topic, without end, while something else goes on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer

from schemas.avro import encode
from schemas.behaviors import SCHEMA
from tests.corner import Corner
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.source import Selection

TICK_S = 0.1
BATCH = 2_000


class Load:
    """A thread that sends `per_s` events a second, from the block's begin to its end."""

    def __init__(self, corner: Corner, per_s: int, seed: int) -> None:
        self._topic, self._per_tick = corner.topic, round(per_s * TICK_S)
        self._producer = KafkaProducer(bootstrap_servers=corner.kafka, linger_ms=20, acks="all")
        self._events = disordered_purchases(random.Random(seed))
        self._sent: list[dict[str, Any]] = []
        self._sending, self._stopped = Lock(), Event()
        self._thread = Thread(target=self._run, name="load")

    def send(self, event: dict[str, Any]) -> None:
        """Send one more, now."""
        with self._sending:
            self._send(event)

    @contextmanager
    def paused(self) -> Iterator[list[dict[str, Any]]]:
        """Nothing is sent inside. Yields all that was sent before, acknowledged by the broker."""
        with self._sending:
            self._producer.flush()
            yield self._sent

    def _run(self) -> None:
        while not self._stopped.wait(TICK_S):
            with self._sending:
                for event in islice(self._events, self._per_tick):
                    self._send(event)

    def _send(self, event: dict[str, Any]) -> None:
        self._producer.send(self._topic, encode(SCHEMA, event), event["visitor_id"].encode())
        self._sent.append(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._producer.close()


def disordered_purchases(dice: random.Random) -> Iterator[dict[str, Any]]:
    """The year of purchases, in random order within some thousands, a tenth of them twice."""
    rows = (event for _, event in CompleteJourney().rows(Selection()) if isinstance(event, dict))
    while batch := list(islice(rows, BATCH)):
        batch += dice.choices(batch, k=len(batch) // 10)
        dice.shuffle(batch)
        yield from batch
