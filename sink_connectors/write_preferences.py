"""The sink of the job `visitor_preferences`."""

import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyflink.table.udf import FunctionContext, ScalarFunction

from schemas.preferences import PreferenceSchema
from sink_connectors.redis_address import RedisAddress

if TYPE_CHECKING:
    from sink_connectors.preference_commands import Latest


class WritePreferences(ScalarFunction):  # type: ignore[misc]
    """Send each bundle of rows to Redis as one pipeline; Flink closes the bundle before a checkpoint.

    To be registered as a vectorised function (`func_type="pandas"`) with result BIGINT:
    (visitors, when the broker took each event in epoch ms, one column a facet, packed) -> the bundle's count
    of rows in the first row, null in the others.

    erasure_key_file : see `shared_secret`; empty: Redis keeps the secret.
    latency_log : file to which every row's (taken by the broker, answered by Redis) is appended, two int64 of
        epoch ms, for measurements; empty: none.
    """

    def __init__(
        self,
        address: RedisAddress,
        schema: PreferenceSchema,
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
        self._erasures = metrics.counter("erasures")
        self._refused = metrics.counter("refused_as_erased")
        self._rows_a_bundle = metrics.distribution("rows_a_bundle")
        self._write_ms = metrics.distribution("redis_write_ms")
        self._latency_ms = metrics.distribution("latency_ms")
        # Prometheus sees no distribution of Python's: over the count of bundles, these are the means.
        self._writing_us = metrics.counter("redis_writing_us")
        self._latencies_ms = metrics.counter("latency_sum_ms")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, self._prepare, self._retries.inc)
        self._sender.send_until_answered([])
        self._sampled_below = 1.0

    def _prepare(self) -> None:
        """At the start, and again when Redis has lost what it held."""
        from sink_connectors.prepare import prepare
        from sink_connectors.tombstones import Tombstones, shared_secret

        prepare(self._redis, self._schema)
        namespace = self._schema.namespace
        self._secret = shared_secret(self._redis.exchange, namespace, self._from_file, self._secret)
        self._tombstones = Tombstones(namespace, self._secret)

    def close(self) -> None:
        self._redis.close()

    def eval(self, visitors: Any, appended_ms: Any, *columns: Any) -> Any:
        import numpy as np
        import pandas as pd

        from sink_connectors.preference_commands import latest_fields

        count = len(visitors)
        if count == 0:
            return pd.Series([], dtype=object)
        # A literal column is a scalar.
        values = [
            c.tolist() if isinstance(c, pd.Series) else list(repeat(c, count)) for c in (visitors, *columns)
        ]
        latest = latest_fields(self._schema, values[0], values[1:-1], values[-1])

        started_s = time.perf_counter()
        self._write(latest)
        spent_s = time.perf_counter() - started_s
        self._write_ms.update(round(1e3 * spent_s))
        self._writing_us.inc(round(1e6 * spent_s))
        self._rows_a_bundle.update(count)
        self._measure_latency(np.broadcast_to(np.asarray(appended_ms, dtype="int64"), count))
        self._retries.inc(0)  # so that the metric is there before anything goes wrong
        return pd.Series([count, *repeat(None, count - 1)], dtype=object)

    def _write(self, latest: "Latest") -> None:
        """Erasures, then preferences; visitors are offered to the sample once nothing is against them."""
        from sink_connectors.erase import erase
        from sink_connectors.preference_commands import grow_commands, sample_command

        send = self._sender.send_until_answered
        if latest.erased:
            erase(send, self._schema, self._tombstones, latest.erased)
            self._erasures.inc(len(latest.erased))
        answers = send(grow_commands(self._schema, self._tombstones, latest.fields))
        written = [visitor for visitor, answer in zip(latest.fields, answers, strict=True) if answer >= 0]
        self._refused.inc(len(answers) - len(written))
        [below] = send([sample_command(self._schema, written, self._sampled_below)])
        self._sampled_below = float(below or 1.0)

    def _measure_latency(self, appended_ms: Any) -> None:
        """From the broker to Redis' answer, which has just come: the longest of the bundle, as a metric."""
        import numpy as np

        now_ms = round(time.time() * 1000)
        latency_ms = int(now_ms - appended_ms.min())
        self._latency_ms.update(latency_ms)
        self._latencies_ms.inc(latency_ms)
        if self._latency_log:
            with Path(self._latency_log).open("ab") as log:
                np.column_stack([appended_ms, np.full_like(appended_ms, now_ms)]).tofile(log)
