"""The sink of the job `visitor_segments`."""

import time
from itertools import repeat
from pathlib import Path
from typing import Any

from pyflink.table.udf import FunctionContext, ScalarFunction

from schemas.segments import SegmentSchema
from sink_connectors.redis_address import RedisAddress


class WriteSegments(ScalarFunction):  # type: ignore[misc]
    """Send each bundle of rows to Redis as one pipeline; Flink closes the bundle before a checkpoint.

    To be registered as a vectorised function (`func_type="pandas"`) with result BIGINT: the columns of
    `operators/update_segments.py`'s output -> the bundle's count of rows in the first row, else null.

    erasure_key_file, latency_log : as in `WritePreferences`.
    """

    def __init__(
        self,
        address: RedisAddress,
        schema: SegmentSchema,
        erasure_key_file: str = "",
        latency_log: str = "",
    ) -> None:
        self._address, self._schema = address, schema
        self._erasure_key_file, self._latency_log = erasure_key_file, latency_log

    def is_deterministic(self) -> bool:
        return False  # it writes: the planner may not move it

    def open(self, function_context: FunctionContext) -> None:
        from sink_connectors.redis_connection import RedisConnection
        from sink_connectors.retry import Sender
        from sink_connectors.tombstones import read_secret

        self._from_file = read_secret(self._erasure_key_file)
        self._secret: bytes | None = None
        metrics = function_context.get_metric_group()
        self._retries = metrics.counter("redis_retries")
        self._refused = metrics.counter("refused_as_erased")
        self._latency_ms = metrics.distribution("latency_ms")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, self._prepare, self._retries.inc)
        self._sender.send_until_answered([])

    def _prepare(self) -> None:
        """At the start, and again when Redis has lost what it held."""
        from sink_connectors.redis_functions import load_functions
        from sink_connectors.tombstones import Tombstones, shared_secret

        load_functions(self._redis)
        namespace = self._schema.namespace
        self._secret = shared_secret(self._redis.exchange, namespace, self._from_file, self._secret)
        self._tombstones = Tombstones(namespace, self._secret)

    def close(self) -> None:
        self._redis.close()

    def eval(
        self,
        kinds: Any,
        visitors: Any,
        shops: Any,
        versions: Any,
        since_ms: Any,
        appended_ms: Any,
        bodies: Any,
    ) -> Any:
        import pandas as pd

        from sink_connectors.segment_commands import segment_commands

        count = len(kinds)
        if count == 0:
            return pd.Series([], dtype=object)
        columns = [column.tolist() for column in (kinds, visitors, shops, versions, since_ms, bodies)]
        commands = segment_commands(self._schema, self._tombstones, zip(*columns, strict=True))
        answers = self._sender.send_until_answered(commands)
        self._refused.inc(sum(answer == -1 for answer in answers))
        self._measure_latency(appended_ms[kinds == "assigned"])
        return pd.Series([count, *repeat(None, count - 1)], dtype=object)

    def _measure_latency(self, appended_ms: Any) -> None:
        """From the broker to Redis' answer, which has just come."""
        import numpy as np

        if not len(appended_ms):
            return
        now_ms = round(time.time() * 1000)
        self._latency_ms.update(int(now_ms - appended_ms.min()))
        if self._latency_log:
            with Path(self._latency_log).open("ab") as log:
                np.column_stack([appended_ms, np.full(len(appended_ms), now_ms)]).astype("int64").tofile(log)
