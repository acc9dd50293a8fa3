"""The sink of layout policies."""

import time
from itertools import repeat
from typing import Any

from pyflink.table.udf import FunctionContext, ScalarFunction

from sink_connectors.redis_address import RedisAddress


class WriteLayouts(ScalarFunction):  # type: ignore[misc]
    """Send each bundle of policies to Redis as one pipeline; Flink closes the bundle before a checkpoint.

    To be registered as a vectorised function (`func_type="pandas"`) with result BIGINT: JSON of policies ->
    the bundle's count of rows in the first row, null in the others.

    ttl_s : seconds for which a shop's policy is kept after it was written.
    """

    def __init__(self, address: RedisAddress, namespace: str, ttl_s: int) -> None:
        self._address, self._namespace, self._ttl_s = address, namespace, ttl_s

    def is_deterministic(self) -> bool:
        return False  # it writes: the planner may not move it

    def open(self, function_context: FunctionContext) -> None:
        from sink_connectors.redis_connection import RedisConnection
        from sink_connectors.redis_functions import load_functions
        from sink_connectors.retry import Sender

        metrics = function_context.get_metric_group()
        self._retries = metrics.counter("redis_retries")
        self._refused = metrics.counter("refused_as_older")
        self._writing_us = metrics.counter("redis_writing_us")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, lambda: load_functions(self._redis), self._retries.inc)
        self._sender.send_until_answered([])

    def close(self) -> None:
        self._redis.close()

    def eval(self, policies: Any) -> Any:
        import pandas as pd

        from schemas.layouts import ShopPolicy
        from sink_connectors.layout_commands import supersede_commands

        if len(policies) == 0:
            return pd.Series([], dtype=object)
        rows = map(ShopPolicy.from_json, policies)
        started_s = time.perf_counter()
        answers = self._sender.send_until_answered(supersede_commands(self._namespace, self._ttl_s, rows))
        self._writing_us.inc(round(1e6 * (time.perf_counter() - started_s)))
        self._refused.inc(answers.count(0))
        self._retries.inc(0)  # so that the metric is there before anything goes wrong
        return pd.Series([len(policies), *repeat(None, len(policies) - 1)], dtype=object)
