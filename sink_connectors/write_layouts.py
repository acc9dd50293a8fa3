"""The sink of layout policies."""

import time
from typing import Any

from pyflink.table.udf import FunctionContext

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_sink import RedisSink


class WriteLayouts(RedisSink):
    """JSON of policies -> BIGINT. ttl_s : seconds for which a policy is kept after it was written."""

    def __init__(self, address: RedisAddress, namespace: str, ttl_s: int) -> None:
        super().__init__(address)
        self._namespace, self._ttl_s = namespace, ttl_s

    def open(self, function_context: FunctionContext) -> None:
        metrics = function_context.get_metric_group()
        self._refused = metrics.counter("refused_as_older")
        self._writing_us = metrics.counter("redis_writing_us")
        super().open(function_context)

    def eval(self, policies: Any) -> Any:
        from schemas.layouts import ShopPolicy
        from sink_connectors.layout_commands import supersede_commands

        rows = map(ShopPolicy.from_json, policies)
        started_s = time.perf_counter()
        answers = self._sender.send_until_answered(supersede_commands(self._namespace, self._ttl_s, rows))
        self._writing_us.inc(round(1e6 * (time.perf_counter() - started_s)))
        self._refused.inc(answers.count(0))
        return self._written(len(policies))
