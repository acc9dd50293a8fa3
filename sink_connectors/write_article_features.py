"""The sink of the job `article_keywords`."""

from typing import Any

from pyflink.table.udf import FunctionContext

from schemas.article_features import ArticleFeatures, features_key
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command
from sink_connectors.redis_sink import RedisSink


class WriteArticleFeatures(RedisSink):
    """Avro bodies of `schemas/article_features.avsc` -> BOOLEAN: true for each, once Redis has answered.

    ttl_s : seconds after it was written for which a description is kept.
    """

    def __init__(self, address: RedisAddress, namespace: str, generation: int, ttl_s: int) -> None:
        super().__init__(address)
        self._namespace, self._generation, self._ttl_s = namespace, generation, ttl_s

    def open(self, function_context: FunctionContext) -> None:
        self._older = function_context.get_metric_group().counter("older_descriptions")
        super().open(function_context)

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
