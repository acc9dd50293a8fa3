"""Segments as a textbook PyFlink job in thread mode: `flink run --python segments_per_record.py ARGUMENTS`.

One Python call an event for the visitor's vector, one for the shop's clusters (river's STREAMKMeans, pickled
in keyed state), one pipelined write an event, Flink's defaults for all else.
"""

import json
import time
from typing import Any

import redis
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor
from river import cluster

from benchmarks.peers.arguments import Arguments, parse
from benchmarks.peers.flink_table import behaviors
from schemas.segments import SegmentSchema

COLUMNS = ("visitor_id", "event_id", "shop_id", "category", "behavior", "event_time")
HALF_LIVES_MS = (7_776_000_000, 604_800_000, 1_800_000)
WEIGHTS = {"view": 0.25, "favourite": 0.5, "cart": 0.75, "purchase": 1.0}
SEEN_MS = 86_400_000
SEGMENTS = 8

VECTOR = Types.ROW([Types.STRING(), Types.STRING(), Types.LONG(), Types.PICKLED_BYTE_ARRAY()])


class Vectors(KeyedProcessFunction):  # type: ignore[misc]
    """Event by event: forget what was seen, add to the decayed sums, give the vector at the shop."""

    def open(self, runtime_context: RuntimeContext) -> None:
        sums = MapStateDescriptor("sums", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        seen = MapStateDescriptor("seen", Types.STRING(), Types.LONG())
        self._sums, self._seen = runtime_context.get_map_state(sums), runtime_context.get_map_state(seen)
        self._timer = runtime_context.get_state(ValueStateDescriptor("timer", Types.LONG()))

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:
        visitor, event_id, shop, category, behavior, at_ms = value
        if self._seen.contains(event_id):
            return
        now_ms = int(time.time() * 1000)
        self._seen.put(event_id, now_ms)
        if self._timer.value() is None:
            self._timer.update(now_ms)
            ctx.timer_service().register_processing_time_timer(now_ms + SEEN_MS)
        known: tuple[int, dict[str, list[float]]] = self._sums.get(shop) or (at_ms, {})
        latest_ms, vector = known
        after_ms = max(latest_ms, at_ms)
        for sums in vector.values():
            for h, half_life in enumerate(HALF_LIVES_MS):
                sums[h] *= 2 ** ((latest_ms - after_ms) / half_life)
        sums = vector.setdefault(category, [0.0] * len(HALF_LIVES_MS))
        for h, half_life in enumerate(HALF_LIVES_MS):
            sums[h] += WEIGHTS[behavior] * 2 ** ((at_ms - after_ms) / half_life)
        self._sums.put(shop, (after_ms, vector))
        yield Row(visitor, shop, after_ms, {name: sums[0] for name, sums in vector.items()})

    def on_timer(self, timestamp: int, ctx: "KeyedProcessFunction.OnTimerContext") -> Any:
        """Once a day: event ids of the day before go."""
        seen = dict(self._seen.items())
        for event_id in [name for name, at in seen.items() if at <= timestamp - SEEN_MS]:
            self._seen.remove(event_id)
        ctx.timer_service().register_processing_time_timer(timestamp + SEEN_MS)
        yield from ()


class Clusters(KeyedProcessFunction):  # type: ignore[misc]
    """Event by event: assign by the shop's clusters, let them learn, write the segment."""

    def __init__(self, arguments: Arguments) -> None:
        self._url = arguments.redis
        self._schema = SegmentSchema(arguments.schema.namespace, 1, arguments.schema.ttl_s)

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("model", Types.PICKLED_BYTE_ARRAY())
        self._model = runtime_context.get_state(descriptor)
        self._redis: Any = redis.Redis.from_url(self._url)

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:  # noqa: ARG002
        visitor, shop, at_ms, vector = value
        total = sum(vector.values())
        shares = {name: (count / total) ** 0.5 for name, count in vector.items()}
        model = self._model.value()
        if model is None:
            model = cluster.STREAMKMeans(chunk_size=64, n_clusters=SEGMENTS, halflife=0.5, sigma=0.5, seed=1)
        model.learn_one(shares)
        segment = model.predict_one(shares) if model.centers else 0
        self._model.update(model)
        said = json.dumps({"segment": int(segment), "at_ms": at_ms})
        key = self._schema.visitor_key(visitor)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, shop, said)
            pipe.expire(key, self._schema.ttl_s)
            pipe.execute()
        yield visitor


def main() -> None:
    """Submit it."""
    arguments = parse()
    tables, events = behaviors(arguments, "segments_per_record", {"python.execution-mode": "thread"})
    rows = tables.to_data_stream(tables.sql_query(f"SELECT {', '.join(COLUMNS)} FROM {events}"))
    written = (
        rows.key_by(lambda row: row[0], key_type=Types.STRING())
        .process(Vectors(), output_type=VECTOR)
        .key_by(lambda row: row[1], key_type=Types.STRING())
        .process(Clusters(arguments), output_type=Types.STRING())
    )
    tables.execute_sql("CREATE TABLE void (visitor STRING) WITH ('connector' = 'blackhole')")
    tables.from_data_stream(written).execute_insert("void")


if __name__ == "__main__":
    main()
