"""The first step of `article_scores` in Python: whose lists they are, and which articles they concern."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.articles.array_messages import encoded
from operators.articles.list_log import ListLog
from operators.articles.list_rows import ListRows, ShownList
from operators.articles.place_lists import buckets_of, dimensions_of, histories_of, place_lists, space_of
from operators.articles.split_lists import batch_of, split_lists
from operators.maths.arrays import Ints
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.reader_dimensions import Dimensions, ReaderSettings, refit
from operators.maths.articles.served_articles import served_axes
from schemas.article_hash import article_hash
from state.placed_list import PlacedList
from state.reader_space import ReaderProgress, ReaderSpace

BLOB = Types.PRIMITIVE_ARRAY(Types.BYTE())
SHARD_BATCHES = Types.ROW_NAMED(["shard", "message"], [Types.INT(), BLOB])
"""What `PlaceReaders` yields: `ShardBatch`, as bytes."""


class PlaceReaders(KeyedProcessFunction):  # type: ignore[misc]
    """All lists, one key: place their readers, sketch them, and pass on what each shard of articles is to do.

    State: `progress`; `space`, the readers' dimensions; `recent`, the latest histories, on which these are
    refitted; `awaited`, an entry a list until its outcome is known or its visitor is erased.

    window_ms : so long after a list was shown, its outcome is known. log : of all batches, for tests.
    """

    def __init__(
        self,
        settings: ReaderSettings,
        articles: ArticleSettings,
        shards: int,
        window_ms: int,
        log: ListLog,
    ) -> None:
        self._settings, self._places, self._shards = settings, articles.sketch, shards
        self._window_ms, self._log = window_ms, log
        self._fitted = 0, Dimensions.unknown(settings.buckets, articles.dimensions)

    def open(self, runtime_context: RuntimeContext) -> None:
        self._progress = runtime_context.get_state(ValueStateDescriptor("progress", BLOB))
        self._space = runtime_context.get_state(ValueStateDescriptor("space", BLOB))
        self._recent = runtime_context.get_map_state(MapStateDescriptor("recent", Types.INT(), BLOB))
        self._awaited = runtime_context.get_map_state(MapStateDescriptor("awaited", Types.STRING(), BLOB))
        metrics = runtime_context.get_metrics_group()
        self._lists, self._overtaken = metrics.counter("lists"), metrics.counter("overtaken_lists")
        self._refits = metrics.counter("refits")

    def process_element(self, batch: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        _, kinds, visitors, lists, at_ms, _, contents = batch
        self._log.batch(kinds, visitors, lists, at_ms, contents)
        rows = ListRows.of(kinds, visitors, lists, at_ms, contents)
        blob = self._progress.value()
        progress = ReaderProgress() if blob is None else ReaderProgress.from_bytes(blob)
        shown = [of for of in rows.shown if of.at_ms >= progress.known_ms]
        self._lists.inc(len(shown))
        self._overtaken.inc(len(rows.shown) - len(shown))
        progress, space = self._refit(progress, shown)
        clicked = [buckets_of(of.recent, self._settings.buckets) for of in shown]
        placed = place_lists(shown, clicked, self._dimensions(progress), self._places)
        self._keep(shown, clicked, placed, progress.seen)
        self._forget(rows.forgotten)
        known = self._known(rows)
        told = batch_of(shown, placed, known, rows, space)
        for shard, message in split_lists(progress.batches, told, placed, known, self._shards).items():
            yield Row(shard, encoded(message))
        self._progress.update(self._passed(progress, shown, known).to_bytes())

    def _refit(
        self, progress: ReaderProgress, shown: Sequence[ShownList]
    ) -> tuple[ReaderProgress, Mapping[bytes, bytes]]:
        """The dimensions anew, where that is due; and as they are served, where they are new."""
        now_ms = max([progress.latest_ms, *(of.at_ms for of in shown)])
        if not self._settings.is_due(progress.seen, progress.fitted, now_ms - progress.fitted_ms):
            return progress, {}
        kept = [self._recent.get(at) for at in range(min(progress.seen, self._settings.refit_on))]
        readers = [np.frombuffer(blob, np.int64, offset=8) for blob in kept if blob]
        dimensions, refits = refit(self._dimensions(progress), histories_of(readers)), progress.refits + 1
        self._space.update(space_of(dimensions).to_bytes())
        self._fitted = refits, dimensions
        self._refits.inc()
        fitted = replace(progress, fitted=progress.seen, fitted_ms=now_ms, refits=refits)
        return fitted, served_axes(dimensions, now_ms, refits).fields()

    def _dimensions(self, progress: ReaderProgress) -> Dimensions:
        """Of the last refit; read from state when they are not those at hand."""
        if self._fitted[0] != progress.refits:
            self._fitted = progress.refits, dimensions_of(ReaderSpace.from_bytes(self._space.value()))
        return self._fitted[1]

    def _keep(
        self,
        shown: Sequence[ShownList],
        clicked: Sequence[Ints],
        placed: Sequence[PlacedList],
        seen: int,
    ) -> None:
        for nth, (of, buckets, awaited) in enumerate(zip(shown, clicked, placed, strict=True), start=seen):
            self._recent.put(nth % self._settings.refit_on, _name(of.visitor) + buckets.tobytes())
            self._awaited.put(of.list_id, awaited.to_bytes())

    def _known(self, rows: ListRows) -> dict[str, PlacedList]:
        """The lists whose outcome is known, which are awaited no longer; nor are those that are gone."""
        blobs = {name: self._awaited.get(name) for name in rows.known}
        for name in (*rows.known, *rows.gone):
            self._awaited.remove(name)
        return {name: PlacedList.from_bytes(blob) for name, blob in blobs.items() if blob is not None}

    def _forget(self, visitors: Mapping[str, int]) -> None:
        """Their histories are fitted on no more."""
        names = {_name(visitor) for visitor in visitors}
        if names:
            for at, blob in list(self._recent.items()):
                if blob[:8] in names:
                    self._recent.put(at, b"")

    def _passed(
        self, progress: ReaderProgress, shown: Sequence[ShownList], known: Mapping[str, PlacedList]
    ) -> ReaderProgress:
        known_ms = [of.at_ms + self._window_ms for of in known.values()]
        return replace(
            progress,
            seen=progress.seen + len(shown),
            latest_ms=max([progress.latest_ms, *(of.at_ms for of in shown)]),
            batches=progress.batches + 1,
            known_ms=max([progress.known_ms, *known_ms]),
        )


def _name(visitor: str) -> bytes:
    """Eight bytes that tell visitors apart."""
    return article_hash(visitor).to_bytes(8)
