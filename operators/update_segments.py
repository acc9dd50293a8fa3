"""Micro-batches of visits -> who is in which segment, and each shop's segments (keyed state in Python)."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from operators.batch_log import BatchLog
from operators.learn_visits import Assigned, learn_visits
from operators.maths.visits import NEVER_SEEN
from operators.refit_shop import is_due, refit_shop
from operators.shop_profile import shop_profile
from operators.shop_segments import ShopSegments, ShopSettings
from operators.visit_rows import ERASED, VISIT, VisitRows
from operators.visits_of_rows import Member
from operators.watch_fit import watch_fit
from schemas.avro import encode, load
from state.segment_fit import SegmentFit
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories
from state.visitor_segment import VisitorSegment

ASSIGNED, CHANGED, PROFILE, FORGOTTEN = "assigned", "changed", "profile", "forgotten"
OUTPUT = Types.ROW_NAMED(
    ["kind", "visitor_id", "shop_id", "version", "since_ms", "appended_ms", "body"],
    [
        Types.STRING(),
        Types.STRING(),
        Types.STRING(),
        Types.LONG(),
        Types.LONG(),
        Types.LONG(),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
    ],
)
"""A visitor's segment (JSON), its change (Avro), a shop's profile (JSON), or an erasure (empty).

version : event time; of an erasure, until when. since_ms : earliest event time that is in it.
"""

REFITTING_S = 0.25
"""Of a timer's time: the shops that are due then wait for the next, so that no batch waits long."""


class UpdateSegments(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of shops: assign each batch of visits, learn from it; at each period, refit and profile.

    State: `models` and `categories`, an entry a shop; `members`, one a visitor and shop, cleared when the
    visitor's vector is forgotten; `samples`, an entry a sampled member; `fits`, one a shop, how well its
    visitors fit its segments; `touched`, the shops since the last period.

    log : of all that it does, for tests.
    """

    def __init__(self, settings: ShopSettings, every_ms: int = 2_000, log: BatchLog | None = None) -> None:
        self._settings, self._every_ms, self._log = settings, every_ms, log or BatchLog()

    def open(self, runtime_context: RuntimeContext) -> None:
        def entries(name: str) -> Any:
            blob = Types.PRIMITIVE_ARRAY(Types.BYTE())
            return runtime_context.get_map_state(MapStateDescriptor(name, Types.STRING(), blob))

        self._models, self._categories = entries("models"), entries("categories")
        self._members, self._samples = entries("members"), entries("samples")
        self._fits, self._touched = entries("fits"), entries("touched")
        self._change = load("segment_change")
        metrics = runtime_context.get_metrics_group()
        self._visits = metrics.counter("visits")
        self._changes = metrics.counter("changes")
        self._refits, self._drifts = metrics.counter("refits"), metrics.counter("drifts")
        self._rows_a_batch = metrics.distribution("rows_a_batch")

    def process_element(self, batch: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        _, visitors, shops, industries, categories, appended_ms, packed = batch
        rows = VisitRows.of(visitors, shops, industries, categories, packed)
        self._log.batch(visitors, shops, industries, categories, packed)
        self._rows_a_batch.update(len(rows))
        start = 0
        for run in rows.runs():
            if run.head["kind"][0] == VISIT:
                yield from self._learn(run, appended_ms[start : start + len(run)])
            else:
                yield from self._forget(run, appended_ms[start : start + len(run)])
            start += len(run)
        timers = ctx.timer_service()
        timers.register_processing_time_timer(
            (timers.current_processing_time() // self._every_ms + 1) * self._every_ms
        )

    def _learn(self, rows: VisitRows, appended_ms: list[int]) -> Iterator[Row]:
        shops = {name: self._shop(name) for name in dict.fromkeys(rows.shops)}
        learned = learn_visits(shops, self._known(rows), rows, self._settings)
        for name, shop in learned.shops.items():
            self._keep(name, shop, shops[name])
            self._watch(name, learned.fit[name], shop.model.latest_ms)
            self._touched.put(name, b"")
        for pair, member in learned.members.items():
            self._members.put(_key(pair), member.to_bytes())
        for pair in learned.joined:
            self._samples.put(_key(pair), b"")
        self._visits.inc(int(rows.head["begins"].sum()))
        yield from self._news(learned.news, appended_ms)

    def _watch(self, name: str, found: tuple[int, float, float], at_ms: int) -> None:
        fit, has_drifted = watch_fit(self._fit(name), *found, at_ms, self._settings.drift)
        self._fits.put(name, fit.to_bytes())
        self._drifts.inc(int(has_drifted))

    def _known(self, rows: VisitRows) -> dict[Member, VisitorSegment | None]:
        """The members in the rows. Whose vector begins is new: state is not asked."""
        before_ms: dict[Member, int] = {}
        for pair, ms in zip(zip(rows.shops, rows.visitors, strict=True), rows.head["before_ms"], strict=True):
            before_ms.setdefault(pair, ms)
        return {pair: None if ms == NEVER_SEEN else self._member(pair) for pair, ms in before_ms.items()}

    def _news(self, news: Iterable[Assigned], appended_ms: list[int]) -> Iterator[Row]:
        for of in news:
            at_ms = appended_ms[of.first_row] if of.first_row >= 0 else of.at_ms
            yield Row(ASSIGNED, of.visitor, of.shop, of.at_ms, of.since_ms, at_ms, _said(of))
            if of.segment != of.before:
                self._changes.inc()
                yield Row(
                    CHANGED,
                    of.visitor,
                    of.shop,
                    of.at_ms,
                    of.since_ms,
                    at_ms,
                    encode(self._change, _changed(of)),
                )

    def _forget(self, rows: VisitRows, appended_ms: list[int]) -> Iterator[Row]:
        for at, (visitor, shop) in enumerate(zip(rows.visitors, rows.shops, strict=True)):
            until_ms = int(rows.head["at_ms"][at])
            self._members.remove(_key((shop, visitor)))
            self._samples.remove(_key((shop, visitor)))
            if rows.head["kind"][at] == ERASED and not shop:
                yield Row(FORGOTTEN, visitor, shop, until_ms, until_ms, appended_ms[at], b"")

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        until_s = time.monotonic() + REFITTING_S
        touched, sampled = list(self._touched.keys()), None
        for name in touched:
            shop = self._shop(name)
            if is_due(shop, self._settings):
                if time.monotonic() > until_s:
                    ctx.timer_service().register_processing_time_timer(timestamp + self._every_ms)
                    continue
                sampled = _by_shop(self._samples.keys()) if sampled is None else sampled
                shop, news = self._refit(name, shop, sampled.get(name, []))
                yield from self._news(news, [])
            self._touched.remove(name)
            version = shop.model.latest_ms
            yield Row(
                PROFILE, "", name, version, version, timestamp, shop_profile(shop, self._fit(name).drifted_ms)
            )

    def _refit(
        self, name: str, shop: ShopSegments, visitors: Iterable[str]
    ) -> tuple[ShopSegments, list[Assigned]]:
        members = {visitor: self._member((name, visitor)) for visitor in visitors}
        sample = {visitor: of for visitor, of in members.items() if of is not None and of.dimensions}
        self._log.refit(name)
        found = refit_shop(name, shop, sample, self._settings)
        self._keep(name, found.shop, shop)
        for visitor, member in (*found.moved.items(), *found.left.items()):
            self._members.put(_key((name, visitor)), member.to_bytes())
        for visitor in found.left:
            self._samples.remove(_key((name, visitor)))
        self._refits.inc()
        return found.shop, found.news

    def _shop(self, name: str) -> ShopSegments:
        model = self._models.get(name)
        if model is None:
            return ShopSegments.new(self._settings)
        return ShopSegments(
            SegmentModel.from_bytes(model), ShopCategories.from_bytes(self._categories.get(name))
        )

    def _fit(self, name: str) -> SegmentFit:
        blob = self._fits.get(name)
        return SegmentFit.none() if blob is None else SegmentFit.from_bytes(blob)

    def _keep(self, name: str, shop: ShopSegments, before: ShopSegments) -> None:
        self._models.put(name, shop.model.to_bytes())
        if shop.categories is not before.categories or not before.model.seen:
            self._categories.put(name, shop.categories.to_bytes())

    def _member(self, pair: Member) -> VisitorSegment | None:
        blob = self._members.get(_key(pair))
        return None if blob is None else VisitorSegment.from_bytes(blob)


def _key(pair: Member) -> str:
    """Length of the shop's id first: no two pairs have one key."""
    shop, visitor = pair
    return f"{len(shop)}:{shop}{visitor}"


def _by_shop(keys: Iterable[str]) -> dict[str, list[str]]:
    visitors: dict[str, list[str]] = {}
    for key in keys:
        length, _, rest = key.partition(":")
        visitors.setdefault(rest[: int(length)], []).append(rest[int(length) :])
    return visitors


def _said(of: Assigned) -> bytes:
    """`segment`, `sure` (its probability), `at_ms`, `since_ms` (latest, earliest event), `why` (nats)."""
    said = {
        "segment": of.segment,
        "sure": round(of.confidence, 4),
        "at_ms": of.at_ms,
        "since_ms": of.since_ms,
        "why": [[name, round(nats, 3)] for name, nats in of.why],
    }
    return json.dumps(said, ensure_ascii=False).encode()


def _changed(of: Assigned) -> dict[str, Any]:
    return {
        "visitor_id": of.visitor,
        "shop_id": of.shop,
        "left": str(of.before) if of.before >= 0 else None,
        "entered": str(of.segment),
        "event_time": of.at_ms,
    }
