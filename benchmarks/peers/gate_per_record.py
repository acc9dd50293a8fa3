"""The gate's work as a textbook PyFlink job: `flink run --python gate_per_record.py thread|process`.

Configured by the gate's variables; the word is PyFlink's execution mode. The same source, sink, decoder
and rules; one Python call a message to decode it, one to look at its visitor's state, Flink's defaults for
all else.
"""

import sys
import time
from typing import Any

from pyflink.common import Configuration, Row, Types
from pyflink.datastream import KeyedProcessFunction, MapFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor
from pyflink.table import StreamTableEnvironment

from flink_jobs.event_gate_config import EventGateConfig
from flink_jobs.gate_topics import outcome_topics, raw_messages
from operators.gate.decode_messages import MessageDecoder, MessageLimits
from operators.gate.message_outcomes import Outcome
from schemas.event_types import DEAD_LETTER, SUSPECT, WITHHELD, Header

NAME = "gate_per_record"
DAY_MS = 86_400_000

BYTES = Types.PRIMITIVE_ARRAY(Types.BYTE())
DECODED = Types.ROW(
    [Types.STRING()] * 2 + [Types.STRING(), Types.LONG(), Types.STRING(), BYTES] + [Types.STRING()] * 2
)
KAFKA = Types.ROW_NAMED(
    ["key", "value", "topic", "headers"], [BYTES, BYTES, Types.STRING(), Types.MAP(Types.STRING(), BYTES)]
)


class Decode(MapFunction):  # type: ignore[misc]
    """A message -> its outcome by itself, with its position; key is the position for what has none."""

    def __init__(self, limits: MessageLimits) -> None:
        self._limits = limits

    def open(self, runtime_context: RuntimeContext) -> None:  # noqa: ARG002
        self._decoder = MessageDecoder(self._limits)

    def map(self, value: Any) -> Row:
        message, source, arrived_s = value
        of = self._decoder.outcome(message, arrived_s * 1000)
        return Row(of.topic, of.key or source, *of[2:], source)


class Admit(KeyedProcessFunction):  # type: ignore[misc]
    """Per key: repeats and suspects, then topic and headers; a timer a day forgets."""

    def __init__(self, per_minute: int, prefix: str) -> None:
        self._per_minute, self._prefix = per_minute, prefix

    def open(self, runtime_context: RuntimeContext) -> None:
        def entries(name: str, key: Any) -> Any:
            return runtime_context.get_map_state(MapStateDescriptor(name, key, Types.LONG()))

        self._seen, self._units = entries("seen", Types.STRING()), entries("units", Types.STRING())
        self._minutes = entries("minutes", Types.LONG())
        self._timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:
        *fields, source = value
        of = Outcome(*fields)
        if of.event_id is None:
            yield self._row(of, of.topic, source)
            return
        now_ms = int(time.time() * 1000)
        yield self._row(of, self._goes_to(of, now_ms), source)
        if self._timer.value() is None:
            self._timer.update(now_ms + DAY_MS)
            ctx.timer_service().register_processing_time_timer(now_ms + DAY_MS)

    def on_timer(self, timestamp: int, ctx: "KeyedProcessFunction.OnTimerContext") -> Any:  # noqa: ARG002
        for state in (self._seen, self._units, self._minutes, self._timer):
            state.clear()
        yield from ()

    def _goes_to(self, of: Outcome, now_ms: int) -> str:
        name = f"{of.topic}/{of.event_id}"
        if self._seen.contains(name):
            return WITHHELD
        if of.minute >= 0 and not self._counts(of, now_ms):
            return SUSPECT
        self._seen.put(name, now_ms)
        return of.topic

    def _counts(self, of: Outcome, now_ms: int) -> bool:
        unit = None if of.unit is None else f"{of.minute}/{of.unit}"
        if unit is not None and self._units.contains(unit):
            return True
        count = self._minutes.get(of.minute) or 0
        if count >= self._per_minute:
            return False
        self._minutes.put(of.minute, count + 1)
        if unit is not None:
            self._units.put(unit, now_ms)
        return True

    def _row(self, of: Outcome, goes_to: str, source: str) -> Row:
        headers = {Header.SOURCE: source.encode()}
        if goes_to == DEAD_LETTER:
            headers |= {Header.REASON: (of.reason or "").encode(), Header.ATTEMPT: b"0"}
        if goes_to == SUSPECT:
            headers[Header.TO] = of.topic.encode()
        withheld = goes_to == WITHHELD
        key, value = (source, (of.reason or "duplicate").encode()) if withheld else (of.key, of.value)
        return Row(str(key).encode(), value, self._prefix + goes_to, headers)


def main() -> None:
    """Submit it."""
    config = EventGateConfig()
    configuration = Configuration()
    configuration.set_string("python.execution-mode", sys.argv[1])
    configuration.set_string("pipeline.name", NAME)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)

    messages = raw_messages(tables, config, NAME)
    positioned = tables.sql_query(
        f"""SELECT message, topic || ':' || CAST(`partition` AS STRING) || ':' || CAST(`offset` AS STRING),
            EXTRACT(EPOCH FROM `timestamp`) FROM {messages}"""
    )
    admitted = (
        tables.to_data_stream(positioned)
        .map(Decode(config.limits), output_type=DECODED)
        .key_by(lambda row: row[1], key_type=Types.STRING())
        .process(Admit(config.per_minute, config.topic_prefix), output_type=KAFKA)
    )
    outcome_topics(tables, config)
    tables.from_data_stream(admitted).execute_insert("outcomes")


if __name__ == "__main__":
    main()
