"""The last step of the job `article_scores` in Python: predictions, the shared model, scores of articles."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.array_messages import decoded
from operators.article_news import READERS, News, article_news, shared_news
from operators.maths.prequential_scores import log_loss
from operators.maths.segment_scores import Floats
from operators.place_readers import BLOB
from operators.score_clicks import ScoreSettings, SharedModels, learn_known, outcomes, predict_shown
from operators.shard_messages import Batch, ShardStatistics
from operators.shared_store import load_shared, stored_shared
from state.placed_list import PredictedList

NEWS = Types.ROW_NAMED(
    ["kind", "name", "at_ms", "absorbed", "packed", "text"],
    [Types.STRING(), Types.STRING(), Types.LONG(), Types.LONG(), BLOB, Types.STRING()],
)
"""What `UpdateSharedModel` yields: `operators.article_news.News`."""

MOST_PARTS = 1 << 16


class UpdateSharedModel(KeyedProcessFunction):  # type: ignore[misc]
    """All micro-batches, one key, in their order: predict lists, learn from their outcomes, score articles.

    State: `parts` of micro-batches that are not whole yet, and `next`, the number of the first of these;
    `shared`, the models; `awaited`, what a list read, until its outcome is known or its visitor is erased.
    """

    def __init__(self, settings: ScoreSettings) -> None:
        self._settings = settings

    def open(self, runtime_context: RuntimeContext) -> None:
        self._parts = runtime_context.get_map_state(MapStateDescriptor("parts", Types.LONG(), BLOB))
        self._next = runtime_context.get_state(ValueStateDescriptor("next", Types.LONG()))
        self._shared = runtime_context.get_state(ValueStateDescriptor("shared", BLOB))
        self._awaited = runtime_context.get_map_state(MapStateDescriptor("awaited", Types.STRING(), BLOB))
        metrics = runtime_context.get_metrics_group()
        self._learnt, self._clicks = metrics.counter("outcomes"), metrics.counter("clicks")
        self._loss = metrics.counter("log_loss_millinats")  # over the outcomes, their prequential log loss

    def process_element(self, row: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        part = decoded(bytes(row[1]), ShardStatistics)
        self._parts.put(part.number * MOST_PARTS + part.part, row[1])
        number = self._next.value() or 0
        while parts := self._whole(number):
            for news in self._update(parts):
                yield Row(news.kind, news.name, news.at_ms, news.absorbed, news.packed, news.text)
            number += 1
        self._next.update(number)

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
        yield from article_news(after, names, served, self._settings)
        yield from shared_news(after, self._settings)
        if batch.space:
            yield News(READERS, "", after.at_ms, after.outcomes, msgspec.msgpack.encode(batch.space), "")

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
