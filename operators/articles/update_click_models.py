"""The second step of the job `article_scores` in Python: what each shard's articles are, batch by batch."""

from collections.abc import Iterator

import numpy as np
from pyflink.common import Row, Types
from pyflink.common.time import Time
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, StateTtlConfig

from operators.articles.array_messages import decoded, encoded
from operators.articles.article_store import load, stored
from operators.articles.place_readers import BLOB
from operators.articles.read_and_learn import read_and_learn
from operators.articles.shard_messages import ShardBatch
from operators.maths.articles.article_models import ArticleSettings
from state.kept_article import KeptArticle

SHARD_STATISTICS = Types.ROW_NAMED(["key", "message"], [Types.INT(), BLOB])
"""What `UpdateClickModels` yields: `ShardStatistics`, as bytes; the key is always 0."""


class UpdateClickModels(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of articles: what impressions read, then count them, then learn outcomes.

    State: `articles`, an entry each, `KeptArticle`; one that was in no list for `retention_ms` goes.
    """

    def __init__(self, settings: ArticleSettings, retention_ms: int) -> None:
        self._settings, self._retention_ms = settings, retention_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = MapStateDescriptor("articles", Types.STRING(), BLOB)
        retention = Time.milliseconds(self._retention_ms)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(retention).build())
        self._articles = runtime_context.get_map_state(descriptor)
        metrics = runtime_context.get_metrics_group()
        self._impressions, self._outcomes = metrics.counter("impressions"), metrics.counter("outcomes")

    def process_element(self, row: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        batch = decoded(bytes(row[1]), ShardBatch)
        kept = [self._kept(article) for article in batch.articles]
        models = load([of.model or None for of in kept], self._settings)
        at_ms, absorbed = np.array([[of.at_ms, of.absorbed] for of in kept], dtype=np.int64).reshape(-1, 2).T
        after, latest_ms, taken_in, said = read_and_learn(models, at_ms, absorbed, batch, self._settings)
        columns = zip(batch.articles, latest_ms.tolist(), taken_in.tolist(), stored(after), strict=True)
        for article, *of in columns:
            self._articles.put(article, KeptArticle(*of).to_bytes())
        self._impressions.inc(len(batch.shown))
        self._outcomes.inc(len(batch.known))
        yield Row(0, encoded(said))

    def _kept(self, article: str) -> KeptArticle:
        blob = self._articles.get(article)
        return KeptArticle(0, 0, b"") if blob is None else KeptArticle.from_bytes(bytes(blob))
