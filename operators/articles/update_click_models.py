"""The second step of the job `article_scores` in Python: what each shard's articles are, batch by batch."""

from collections.abc import Iterator

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from operators.articles.array_messages import decoded, encoded
from operators.articles.article_store import ArticleStore
from operators.articles.read_and_learn import read_and_learn
from operators.articles.shard_messages import ShardBatch
from operators.fading_state import BLOB, fading_map
from operators.maths.articles.article_models import ArticleSettings
from workers.prepare_worker import prepare_worker

SHARD_STATISTICS = Types.ROW_NAMED(["key", "message"], [Types.INT(), BLOB])
"""What `UpdateClickModels` yields: `ShardStatistics`, as bytes; the key is always 0."""


class UpdateClickModels(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of articles: what impressions read, then count them, then learn outcomes.

    State: see `ArticleStore`; an article that was in no list for `retention_ms` goes.
    """

    def __init__(self, settings: ArticleSettings, retention_ms: int) -> None:
        self._settings, self._retention_ms = settings, retention_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        articles, memories = (
            fading_map(runtime_context, name, Types.STRING(), self._retention_ms)
            for name in ("articles", "memories")
        )
        self._store = ArticleStore(articles, memories, self._settings, self._retention_ms)
        metrics = runtime_context.get_metrics_group()
        self._impressions, self._outcomes = metrics.counter("impressions"), metrics.counter("outcomes")

    def process_element(self, row: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        batch = decoded(bytes(row[1]), ShardBatch)
        now_ms = ctx.timer_service().current_processing_time()
        models, at_ms, absorbed = self._store.take(batch.articles, now_ms)
        after, latest_ms, taken_in, said = read_and_learn(models, at_ms, absorbed, batch, self._settings)
        self._store.put(batch.articles, after, latest_ms, taken_in, now_ms)
        self._impressions.inc(len(batch.shown))
        self._outcomes.inc(len(batch.known))
        yield Row(0, encoded(said))
