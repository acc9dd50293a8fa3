"""What the sinks that write bundles of rows to Redis have in common."""

import time
from itertools import repeat
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pyflink.table.udf import FunctionContext, ScalarFunction

from sink_connectors.redis_address import RedisAddress
from workers.prepare_worker import prepare_worker


class RedisSink(ScalarFunction):  # type: ignore[misc]
    """Sends each bundle of rows as one pipeline, and returns once Redis has answered.

    To be registered as a vectorised function (`func_type="pandas"`): Flink closes the open bundle before a
    checkpoint, so what a checkpoint covers has been written. A subclass has `eval`, over columns.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address

    def is_deterministic(self) -> bool:
        return False  # it writes: the planner may not move it

    def open(self, function_context: FunctionContext) -> None:
        from sink_connectors.redis_connection import RedisConnection
        from sink_connectors.retry import Sender

        prepare_worker()
        self._retries = function_context.get_metric_group().counter("redis_retries")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, self._prepare, self._retries.inc)
        self._sender.send_until_answered([])

    def close(self) -> None:
        self._redis.close()

    def _prepare(self) -> None:
        """At the start, and again when Redis has lost what it held."""
        from sink_connectors.redis_functions import load_functions

        load_functions(self._redis)

    def _written(self, count: int) -> Any:
        """The column of the answers: the bundle's count of rows in the first row, null in the others."""
        import pandas as pd

        self._retries.inc(0)  # so that the metric is there before anything goes wrong
        return pd.Series([count, *repeat(None, count - 1)][:count], dtype=object)


class Schema(Protocol):
    """What Redis holds, and where."""

    @property
    def namespace(self) -> str: ...


S = TypeVar("S", bound=Schema)


class VisitorSink(RedisSink, Generic[S]):
    """A sink of what visitors are known by, which refuses what was to be forgotten.

    erasure_key_file : see `shared_secret`; empty: Redis keeps the secret.
    latency_log : file to which every row's (taken by the broker, answered by Redis) is appended, two int64 of
        epoch ms, for measurements; empty: none.
    """

    def __init__(
        self, address: RedisAddress, schema: S, erasure_key_file: str = "", latency_log: str = ""
    ) -> None:
        super().__init__(address)
        self._schema = schema
        self._erasure_key_file, self._latency_log = erasure_key_file, latency_log

    def open(self, function_context: FunctionContext) -> None:
        from sink_connectors.tombstones import read_secret

        self._from_file = read_secret(self._erasure_key_file)
        self._secret: bytes | None = None
        metrics = function_context.get_metric_group()
        self._refused = metrics.counter("refused_as_erased")
        self._latency_ms = metrics.distribution("latency_ms")
        # Prometheus sees no distribution of Python's: over the count of bundles, this is the mean.
        self._latencies_ms = metrics.counter("latency_sum_ms")
        super().open(function_context)

    def _prepare(self) -> None:
        from sink_connectors.tombstones import Tombstones, shared_secret

        super()._prepare()
        self._secret = shared_secret(
            self._redis.exchange, self._schema.namespace, self._from_file, self._secret
        )
        self._tombstones = Tombstones(self._schema.namespace, self._secret)

    def _measure_latency(self, appended_ms: Any) -> None:
        """From the broker, (n,) n at least 1, to Redis' answer, which has just come: the bundle's longest."""
        import numpy as np

        now_ms = round(time.time() * 1000)
        latency_ms = int(now_ms - appended_ms.min())
        self._latency_ms.update(latency_ms)
        self._latencies_ms.inc(latency_ms)
        if self._latency_log:
            with Path(self._latency_log).open("ab") as log:
                np.column_stack([appended_ms, np.full_like(appended_ms, now_ms)]).tofile(log)
