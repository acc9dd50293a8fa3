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
from operators.articles.place_lists import clicked_buckets, fit_of, histories_of, place_lists, space_of
from operators.articles.split_lists import batch_of, outcomes, split_lists
from operators.articles.term_models import TermModels
from operators.articles.unshown_articles import UnshownArticles
from operators.fading_state import BLOB, fading_map
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.place_bias import PlaceBias, blind_picks, count_places
from operators.maths.articles.reader_dimensions import Dimensions, ReaderSettings, refit
from operators.maths.articles.reader_tastes import Tastes, fit
from operators.maths.articles.served_articles import served_axes
from schemas.article_hash import article_hash
from state.placed_list import PlacedList
from state.places import Places
from state.reader_space import ReaderProgress, ReaderSpace
from workers.prepare_worker import prepare_worker

SHARD_BATCHES = Types.ROW_NAMED(["shard", "message"], [Types.INT(), BLOB])
"""What `PlaceReaders` yields: `ShardBatch`, as bytes."""

PLACES_HALF_LIFE_MS = 7 * 86_400_000.0
"""Of what is known of places in lists, in event time."""


class PlaceReaders(KeyedProcessFunction):  # type: ignore[misc]
    """All lists, one key: place their readers, sketch them, and pass on what each shard of articles is to do.

    State: `progress`; `places`, what they are worth; `space`, readers' dimensions and tastes; `recent`, the
    latest histories, on which these are refitted; `awaited`, an entry a list until its outcome is known or
    its visitor is erased; and see `TermModels` and `UnshownArticles`, whose articles go `retention_ms` after
    what was said of them.

    window_ms : so long after a list was shown, its outcome is known. log : of all batches, for tests.
    """

    def __init__(
        self,
        settings: ReaderSettings,
        articles: ArticleSettings,
        shards: int,
        window_ms: int,
        retention_ms: int,
        log: ListLog,
    ) -> None:
        self._settings, self._articles, self._shards = settings, articles, shards
        self._window_ms, self._retention_ms, self._log = window_ms, retention_ms, log
        unknown = Dimensions.unknown(settings.buckets, articles.dimensions), Tastes.unknown()
        self._fitted: tuple[int, tuple[Dimensions, Tastes]] = 0, unknown

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        self._progress = runtime_context.get_state(ValueStateDescriptor("progress", BLOB))
        self._places = runtime_context.get_state(ValueStateDescriptor("places", BLOB))
        self._space = runtime_context.get_state(ValueStateDescriptor("space", BLOB))
        self._recent = runtime_context.get_map_state(MapStateDescriptor("recent", Types.INT(), BLOB))
        self._awaited = runtime_context.get_map_state(MapStateDescriptor("awaited", Types.STRING(), BLOB))
        terms, unshown = (
            fading_map(runtime_context, name, Types.STRING(), self._retention_ms)
            for name in ("terms", "unshown")
        )
        models = fading_map(runtime_context, "term_models", Types.INT(), self._retention_ms)
        self._unshown = UnshownArticles(unshown, self._retention_ms)
        self._terms = TermModels(terms, models, self._articles, self._settings.buckets)
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
        described, terms = self._terms.describe(rows.described), self._terms.table()
        self._unshown.add(described)
        starts = self._terms.starts(self._unshown.take(name for of in shown for name in of.articles))
        progress, space = self._refit(progress, shown)
        clicked = clicked_buckets(shown, self._settings.buckets)
        placed = place_lists(shown, clicked, *self._fit(progress), terms, self._articles.sketch)
        self._keep(shown, clicked, placed, progress.seen)
        self._forget(rows.forgotten)
        known = self._known(rows)
        told = batch_of(shown, placed, known, rows, space)
        clicks = outcomes(told, known)
        chance = self._chances(known, clicks)
        self._terms.learn(list(known.values()), clicks, chance)
        waiting = self._unshown.next_in_turn(progress.latest_ms) if known else []
        starts = self._terms.starts([*described, *waiting]) | starts
        parts = split_lists(progress.batches, told, placed, known, chance, starts, terms, self._shards)
        for shard, message in parts.items():
            yield Row(shard, encoded(message))
        self._progress.update(self._passed(progress, shown, known).to_bytes())

    def _refit(
        self, progress: ReaderProgress, shown: Sequence[ShownList]
    ) -> tuple[ReaderProgress, Mapping[bytes, bytes]]:
        """The dimensions and tastes anew, where that is due; and as they are served, where they are new."""
        now_ms = max([progress.latest_ms, *(of.at_ms for of in shown)])
        if not self._settings.is_due(progress.seen, progress.fitted, now_ms - progress.fitted_ms):
            return progress, {}
        kept = [self._recent.get(at) for at in range(min(progress.seen, self._settings.refit_on))]
        readers = histories_of([np.frombuffer(blob, np.int64, offset=8) for blob in kept if blob])
        terms, refits = self._terms.table(), progress.refits + 1
        found = refit(self._fit(progress)[0], readers), fit(terms[readers.article], readers.first)
        self._space.update(space_of(*found).to_bytes())
        self._fitted = refits, found
        self._refits.inc()
        fitted = replace(progress, fitted=progress.seen, fitted_ms=now_ms, refits=refits)
        return fitted, served_axes(*found, terms, now_ms, refits).fields()

    def _fit(self, progress: ReaderProgress) -> tuple[Dimensions, Tastes]:
        """Of the last refit; read from state when they are not those at hand."""
        if self._fitted[0] != progress.refits:
            self._fitted = progress.refits, fit_of(ReaderSpace.from_bytes(self._space.value()))
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

    def _chances(self, known: Mapping[str, PlacedList], clicked: Floats) -> Floats:
        """Of the impressions of lists what a blind pick is worth, by what was known of places before them."""
        blob, lists = self._places.value(), list(known.values())
        bias = PlaceBias.unknown()
        if blob is not None:
            places = Places.from_bytes(blob)
            bias = PlaceBias(places.shown, places.clicked, places.at_ms)
        if not lists:
            return clicked
        place = np.array([position for of in lists for position in of.positions])
        of = np.repeat(np.arange(len(lists)), [len(one.articles) for one in lists])
        clicks = np.bincount(of, clicked).astype(np.float64)
        length = np.array([one.length for one in lists])
        after = count_places(bias, place, clicked, max(one.at_ms for one in lists), PLACES_HALF_LIFE_MS)
        self._places.update(Places(after.shown, after.clicked, after.at_ms).to_bytes())
        return blind_picks(bias, place, of, clicks, length)

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
