"""The same work as a textbook PyFlink job in thread mode: `flink run --python per_record.py ARGUMENTS`.

One Python call an event, `MapState`, one pipelined write an event, Flink's defaults for all else.
"""

import time
from typing import Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from benchmarks.peers.arguments import Arguments, parse
from benchmarks.peers.decayed import SEEN_S, fold
from benchmarks.peers.flink_table import behaviors
from benchmarks.peers.writes import Writer

COLUMNS = ("visitor_id", "event_id", "category", "brand", "price", "behavior", "event_time")


class Preferences(KeyedProcessFunction):  # type: ignore[misc]
    """Event by event: forget what was seen, add to the sums, write."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments, self._half_lives_ms = arguments, arguments.half_lives_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        sums = MapStateDescriptor("sums", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        seen = MapStateDescriptor("seen", Types.STRING(), Types.LONG())
        self._sums, self._seen = runtime_context.get_map_state(sums), runtime_context.get_map_state(seen)
        self._touched = runtime_context.get_state(ValueStateDescriptor("touched", Types.LONG()))
        self._writer = Writer(self._arguments.redis, self._arguments.schema)

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:
        event = dict(zip(COLUMNS, value, strict=True))
        if self._seen.contains(event["event_id"]):
            return
        now_ms = int(time.time() * 1000)
        self._seen.put(event["event_id"], now_ms)
        if self._touched.value() is None:
            self._touched.update(now_ms)
            ctx.timer_service().register_processing_time_timer(now_ms + SEEN_S * 1000)
        fields = fold(event, self._half_lives_ms, self._sums.get, self._sums.put)
        self._writer.write({event["visitor_id"]: fields})
        yield event["visitor_id"]

    def on_timer(self, timestamp: int, ctx: "KeyedProcessFunction.OnTimerContext") -> Any:
        """Once a day: event ids of the day before go, and a visitor untouched for too long."""
        seen = dict(self._seen.items())
        for event_id in [name for name, at in seen.items() if at <= timestamp - SEEN_S * 1000]:
            self._seen.remove(event_id)
        if seen:
            self._touched.update(max(seen.values()))
        if self._touched.value() <= timestamp - self._arguments.schema.ttl_s * 1000:
            self._sums.clear()
            self._touched.clear()
        else:
            ctx.timer_service().register_processing_time_timer(timestamp + SEEN_S * 1000)
        yield from ()


def main() -> None:
    """Submit it."""
    arguments = parse()
    tables, events = behaviors(arguments, "per_record", {"python.execution-mode": "thread"})
    rows = tables.to_data_stream(tables.sql_query(f"SELECT {', '.join(COLUMNS)} FROM {events}"))
    written = rows.key_by(lambda row: row[0], key_type=Types.STRING()).process(
        Preferences(arguments), output_type=Types.STRING()
    )
    tables.execute_sql("CREATE TABLE void (visitor STRING) WITH ('connector' = 'blackhole')")
    tables.from_data_stream(written).execute_insert("void")


if __name__ == "__main__":
    main()
