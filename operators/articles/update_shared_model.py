"""The last step of the job `article_scores` in Python: predictions, the shared model, scores of articles."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.articles.array_messages import decoded
from operators.articles.article_news import RANKING, READERS, News, article_news, hash_news, shared_news
from operators.articles.rank_articles import absorb_lists, by_shop, ranking
from operators.articles.score_clicks import ScoreSettings, SharedModels, learn_known, outcomes, predict_shown
from operators.articles.shard_messages import Batch, ShardStatistics
from operators.articles.shared_store import load_shared, stored_shared
from operators.fading_state import BLOB, fading_map
from operators.maths.arrays import Floats
from operators.maths.articles.prequential_scores import log_loss
from state.placed_list import PredictedList
from state.shop_readers import ShopReaders
from workers.prepare_worker import prepare_worker

NEWS = Types.ROW_NAMED(
    ["kind", "name", "at_ms", "absorbed", "packed", "text"],
    [Types.STRING(), Types.STRING(), Types.LONG(), Types.LONG(), BLOB, Types.STRING()],
)
"""What `UpdateSharedModel` yields: `operators.articles.article_news.News`."""

MOST_PARTS = 1 << 16

RANKING_S = 0.25
"""Of a timer's time: the shops that are left then wait for the next, so that no batch waits long."""


class UpdateSharedModel(KeyedProcessFunction):  # type: ignore[misc]
    """All micro-batches, one key, in their order: predict lists, learn from their outcomes, score articles.

    State: `parts` of micro-batches that are not whole yet, and `next`, the number of the first of these;
    `shared`, the models; `awaited`, what a list read, until its outcome is known or its visitor is erased;
    `shops`, an entry each, its readers by segment and what was shown there lately; `touched`, those since the
    last ranking; `served`, articles as Redis has them. Shops and articles go after `retention_ms`.
    """

    def __init__(self, settings: ScoreSettings, rank_every_ms: int, retention_ms: int) -> None:
        self._settings, self._rank_every_ms, self._retention_ms = settings, rank_every_ms, retention_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        self._parts = runtime_context.get_map_state(MapStateDescriptor("parts", Types.LONG(), BLOB))
        self._next = runtime_context.get_state(ValueStateDescriptor("next", Types.LONG()))
        self._shared = runtime_context.get_state(ValueStateDescriptor("shared", BLOB))
        self._awaited = runtime_context.get_map_state(MapStateDescriptor("awaited", Types.STRING(), BLOB))
        self._touched = runtime_context.get_map_state(MapStateDescriptor("touched", Types.STRING(), BLOB))
        self._shops = fading_map(runtime_context, "shops", Types.STRING(), self._retention_ms)
        self._served = fading_map(runtime_context, "served", Types.STRING(), self._retention_ms)
        metrics = runtime_context.get_metrics_group()
        self._learnt, self._clicks = metrics.counter("outcomes"), metrics.counter("clicks")
        self._loss = metrics.counter("log_loss_millinats")  # over the outcomes, their prequential log loss

    def process_element(self, row: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        part = decoded(bytes(row[1]), ShardStatistics)
        self._parts.put(part.number * MOST_PARTS + part.part, row[1])
        number = self._next.value() or 0
        while parts := self._whole(number):
            for news in self._update(parts):
                yield _row(news)
            number += 1
        self._next.update(number)
        timers = ctx.timer_service()
        every_ms = self._rank_every_ms
        timers.register_processing_time_timer((timers.current_processing_time() // every_ms + 1) * every_ms)

    def _whole(self, number: int) -> list[ShardStatistics]:
        """The parts of a micro-batch, taken from state; none unless all have come."""
        first = self._parts.get(number * MOST_PARTS)
        if first is None:
            return []
        keys = range(number * MOST_PARTS, number * MOST_PARTS + decoded(bytes(first), ShardStatistics).parts)
        blobs = [self._parts.get(key) for key in keys]
        if None in blobs:
            return []
        for key in keys:
            self._parts.remove(key)
        return [decoded(bytes(blob), ShardStatistics) for blob in blobs]

    def _update(self, parts: Sequence[ShardStatistics]) -> Iterator[News]:
        batch = decoded(parts[0].batch, Batch)
        table = np.empty((int(batch.count.sum()), parts[0].table.shape[1]))
        for part in parts:
            table[part.row] = part.table
        before = load_shared(self._shared.value(), self._settings)
        shown = predict_shown(before, batch, table)
        known = {name: of for name in batch.known if (of := shown.get(name) or self._awaiting(name))}
        after = learn_known(before, batch, known, self._settings)
        self._keep(after, shown, (*known, *batch.gone))
        self._measure(*outcomes(batch, known))
        names = [name for part in parts for name in part.articles]
        served = [one for part in parts for one in part.served]
        self._count_readers(batch, parts)
        for name, one in zip(names, served, strict=True):
            self._served.put(name, one)
        yield from article_news(after, names, served, self._settings)
        yield from shared_news(after, self._settings)
        if batch.space:
            yield hash_news(READERS, "", batch.space)

    def _count_readers(self, batch: Batch, parts: Sequence[ShardStatistics]) -> None:
        names = [""] * int(batch.count.sum())
        for part in parts:
            for row, article in zip(part.row.tolist(), part.shown.tolist(), strict=True):
                names[row] = part.articles[article]
        for shop, lists in by_shop(batch, names):
            self._shops.put(shop, absorb_lists(self._shop(shop), lists).to_bytes())
            self._touched.put(shop, b"")

    def _shop(self, shop: str) -> ShopReaders:
        blob = self._shops.get(shop)
        if blob is None:
            return ShopReaders.none(self._settings.articles.dimensions)
        return ShopReaders.from_bytes(bytes(blob))

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        """Rank anew where lists were shown since; what takes too long waits for the next time."""
        until_s = time.monotonic() + RANKING_S
        settings = self._settings.articles
        shared = load_shared(self._shared.value(), self._settings).for_storefronts(settings)
        for name in list(self._touched.keys()):
            if time.monotonic() > until_s:
                ctx.timer_service().register_processing_time_timer(timestamp + self._rank_every_ms)
                return
            shop = self._shop(name)
            served = {article: self._served.get(article) for article in shop.articles}
            packed = {article: bytes(one) for article, one in served.items() if one is not None}
            yield _row(hash_news(RANKING, name, ranking(name, shop, packed, shared, settings).fields()))
            self._touched.remove(name)

    def _measure(self, p: Floats, clicked: Floats) -> None:
        self._learnt.inc(len(p))
        self._clicks.inc(int(clicked.sum()))
        self._loss.inc(round(1000 * log_loss(p, clicked)))

    def _awaiting(self, name: str) -> PredictedList | None:
        blob = self._awaited.get(name)
        return None if blob is None else PredictedList.from_bytes(bytes(blob))

    def _keep(self, models: SharedModels, shown: dict[str, PredictedList], done: Sequence[str]) -> None:
        self._shared.update(stored_shared(models))
        for name, of in shown.items():
            self._awaited.put(name, of.to_bytes())
        for name in done:
            self._awaited.remove(name)


def _row(news: News) -> Row:
    return Row(news.kind, news.name, news.at_ms, news.absorbed, news.packed, news.text)
