"""The sink of the job `article_keywords`."""

from typing import Any

from pyflink.table.udf import FunctionContext, ScalarFunction

from schemas.article_features import ArticleFeatures, features_key
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_functions import function, load_functions
from sink_connectors.redis_server import Command


class WriteArticleFeatures(ScalarFunction):  # type: ignore[misc]
    """Send each bundle of descriptions to Redis as one pipeline; Flink closes the bundle before a checkpoint.

    To be registered as a vectorised function (`func_type="pandas"`) with result BOOLEAN: (Avro bodies of
    `schemas/article_features.avsc`) -> true for each, once Redis has answered.

    ttl_s : seconds after it was written for which a description is kept.
    """

    def __init__(self, address: RedisAddress, namespace: str, generation: int, ttl_s: int) -> None:
        self._address, self._namespace = address, namespace
        self._generation, self._ttl_s = generation, ttl_s

    def is_deterministic(self) -> bool:
        return False  # it writes: the planner may not move it

    def open(self, function_context: FunctionContext) -> None:
        from sink_connectors.redis_connection import RedisConnection
        from sink_connectors.retry import Sender

        metrics = function_context.get_metric_group()
        self._retries, self._older = metrics.counter("redis_retries"), metrics.counter("older_descriptions")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, lambda: load_functions(self._redis), self._retries.inc)
        self._sender.send_until_answered([])

    def close(self) -> None:
        self._redis.close()

    def eval(self, bodies: Any) -> Any:
        import pandas as pd

        articles = [ArticleFeatures.from_bytes(bytes(body)) for body in bodies]
        answers = self._sender.send_until_answered([self._command(article) for article in articles])
        self._older.inc(answers.count(0))
        self._retries.inc(0)  # so that the metric is there before anything goes wrong
        return pd.Series([True] * len(articles))

    def _command(self, article: ArticleFeatures) -> Command:
        """It may be sent any number of times and in any order: what is older changes nothing."""
        key = features_key(self._namespace, self._generation, article.article_id).encode()
        return ["FCALL", function("publish"), 1, key, self._ttl_s, article.version_ms, article.to_json()]
