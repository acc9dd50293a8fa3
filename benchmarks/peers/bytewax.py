"""The same work in Bytewax, state in memory: `python -m benchmarks.peers.bytewax ARGUMENTS`.

In its favour: no recovery store, and a visitor's events of one batch go to Redis as one command.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from benchmarks.peers.arguments import Arguments, parse
from benchmarks.peers.decayed import SEEN_S, Entry, Fields, fold
from benchmarks.peers.ready import first_event
from benchmarks.peers.writes import Writer
from schemas.avro import decode
from schemas.behaviors import SCHEMA

BATCH = 10_000
Changes = tuple[str, Fields]


class Visitor(StatefulBatchLogic):  # type: ignore[misc]
    """One visitor's sums and the event ids of a day."""

    def __init__(self, half_lives_ms: tuple[int, ...], kept: timedelta, state: Any) -> None:
        self._half_lives_ms, self._kept = half_lives_ms, kept
        self._sums: dict[str, Entry]
        self._seen: dict[str, float]  # in the order of arrival
        self._sums, self._seen = state or ({}, {})
        self._look_at = datetime.now(UTC) + kept
        self._touched = False

    def on_batch(self, values: list[dict[str, Any]]) -> tuple[Iterable[Fields], bool]:
        fields: Fields = {}
        now_s = time.time()
        self._touched = True
        for event in values:
            if event["event_id"] not in self._seen:
                self._seen[event["event_id"]] = now_s
                fields.update(fold(event, self._half_lives_ms, self._sums.get, self._sums.__setitem__))
        while self._seen and self._seen[oldest := next(iter(self._seen))] < now_s - SEEN_S:
            del self._seen[oldest]
        return [fields] if fields else [], StatefulBatchLogic.RETAIN

    def notify_at(self) -> datetime:
        return self._look_at

    def on_notify(self) -> tuple[Iterable[Fields], bool]:
        """A visitor without an event since the last look goes."""
        untouched, self._touched = not self._touched, False
        self._look_at = datetime.now(UTC) + self._kept
        return [], untouched

    def snapshot(self) -> Any:
        return dict(self._sums), dict(self._seen)


class Partition(StatelessSinkPartition):  # type: ignore[misc]
    """Writes a batch as one pipeline."""

    def __init__(self, arguments: Arguments) -> None:
        self._writer = Writer(arguments.redis, arguments.schema)

    def write_batch(self, items: list[Changes]) -> None:
        latest: dict[str, Fields] = {}
        for visitor, fields in items:
            latest.setdefault(visitor, {}).update(fields)
        self._writer.write(latest)


class Preferences(DynamicSink):  # type: ignore[misc]
    """Redis."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> Partition:
        return Partition(self._arguments)


def decoded(messages: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    """Visitor and event of each message."""
    first_event()
    events = [decode(SCHEMA, message.value) for message in messages]
    return [(event["visitor_id"], event) for event in events]


def dataflow(arguments: Arguments) -> Dataflow:
    """Behaviours -> decayed preferences by visitor -> Redis."""
    flow = Dataflow("visitor_preferences")
    half_lives_ms, kept = arguments.half_lives_ms, timedelta(seconds=arguments.schema.ttl_s)
    source = KafkaSource([arguments.kafka], [arguments.topic], tail=False, batch_size=BATCH)
    behaviors = op.flat_map_batch("decode", op.input("behaviours", flow, source), decoded)
    preferences = op.stateful_batch(
        "preferences", behaviors, lambda state: Visitor(half_lives_ms, kept, state)
    )
    op.output("redis", preferences, Preferences(arguments))
    return flow


if __name__ == "__main__":
    run_main(dataflow(parse()))
