"""Micro-batches of visits -> who is in which segment, and each shop's segments (keyed state in Python)."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any, Protocol

from pyflink.common import Row
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from operators.batch_log import BatchLog
from operators.maths.segments.visits import NEVER_SEEN
from operators.segments.adopt_rest import adopt_rest
from operators.segments.industry_priors import industry_of
from operators.segments.known_industries import KnownIndustries
from operators.segments.learn_visits import Assigned, learn_visits
from operators.segments.refit_budget import RefitBudget
from operators.segments.refit_shop import Refitted, refit_shop
from operators.segments.seek_segments import is_due
from operators.segments.segment_rows import FORGOTTEN, PART, VisitorNews, of_shop, said_of
from operators.segments.shard_state import ShardState
from operators.segments.shop_parts import elsewhere
from operators.segments.shop_segments import ShopSegments, ShopSettings
from operators.segments.visit_rows import ERASED, VISIT, VisitRows
from operators.segments.visits_of_rows import Member
from operators.segments.watch_fit import watch_fit
from state.rest_of_shop import RestOfShop
from state.shop_part import ShopPart
from state.visitor_segment import VisitorSegment
from workers.prepare_worker import prepare_worker

REFITTING = 0.1
"""Of a worker's time, where shops are due all the time; see `RefitBudget`."""

GOLDEN = 0.618034
"""Its multiples fall far from each other between 0 and 1: the shards' periods end one after the other."""


class SegmentStore(Protocol):
    """Where a part of a hot shop reads what the others hold, and a new shop what its industry does.

    Waits until it is answered.
    """

    def open(self, metrics: Any) -> None: ...
    def close(self) -> None: ...
    def rest(self, shop: str, part: str) -> bytes | None: ...
    def industry(self, name: str) -> bytes | None: ...


class UpdateSegments(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of shops: assign each batch of visits, learn from it; at each period, refit and profile.

    A shard may be a part of a hot shop. At each period the part reads what the others hold and says what it
    holds itself; `MergeParts` refits and profiles that shop. State: see `ShardState`.

    Shops that few have visited yet are assigned with what their industry holds, see `industry_priors`.

    log : of all that it does with shops that are in one piece, for tests. hot : shops in parts. store : None
    where there is neither a hot shop nor an industry.
    """

    def __init__(
        self,
        settings: ShopSettings,
        every_ms: int = 2_000,
        log: BatchLog | None = None,
        hot: frozenset[str] = frozenset(),
        store: SegmentStore | None = None,
    ) -> None:
        self._settings, self._every_ms, self._log = settings, every_ms, log or BatchLog()
        self._hot, self._store = hot, store
        self._budget = RefitBudget(REFITTING)

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        self._state, self._visitor_rows = ShardState(runtime_context, self._settings), VisitorNews()
        metrics = runtime_context.get_metrics_group()
        self._visits = metrics.counter("visits")
        self._changes = metrics.counter("changes")
        self._refits, self._drifts = metrics.counter("refits"), metrics.counter("drifts")
        self._rows_a_batch = metrics.distribution("rows_a_batch")
        self._industries = None
        if self._store:
            self._store.open(metrics)
            self._industries = KnownIndustries(self._store.industry, self._every_ms / 1000, self._settings)

    def close(self) -> None:
        if self._store:
            self._store.close()

    def process_element(self, batch: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        shard, of = batch
        rows, appended_ms = VisitRows.of_batch(*of)
        self._log.batch(*of)
        self._rows_a_batch.update(len(rows))
        for name in self._hot.intersection(rows.shops):
            self._state.parts.put(name, str(shard).encode())
        start = 0
        for run in rows.runs():
            if run.head["kind"][0] == VISIT:
                yield from self._learn(run, appended_ms[start : start + len(run)])
            else:
                yield from self._forget(run, appended_ms[start : start + len(run)])
            start += len(run)
        timers, phase_ms = ctx.timer_service(), int(shard * GOLDEN % 1 * self._every_ms)
        periods = (timers.current_processing_time() - phase_ms) // self._every_ms + 1
        timers.register_processing_time_timer(periods * self._every_ms + phase_ms)

    def _learn(self, rows: VisitRows, appended_ms: list[int]) -> Iterator[Row]:
        state = self._state
        shops = {name: state.shop(name) for name in dict.fromkeys(rows.shops)}
        rests = self._industries.priors(shops, rows) if self._industries else {}
        rests |= {name: elsewhere(state.rest(name), self._settings) for name in self._hot & shops.keys()}
        learned = learn_visits(shops, self._known(rows), rows, self._settings, rests)
        for name, shop in learned.shops.items():
            state.keep_shop(name, shop, shops[name])
            self._watch(name, learned.fit[name], shop.model.latest_ms)
            state.touched.put(name, b"")
        state.keep_members(learned.members)
        state.join_sample(learned.joined)
        self._visits.inc(int(rows.head["begins"].sum()))
        yield from self._news(learned.news, appended_ms)

    def _watch(self, name: str, found: tuple[int, float, float], at_ms: int) -> None:
        fit, has_drifted = watch_fit(self._state.fit(name), *found, at_ms, self._settings.drift)
        self._state.keep_fit(name, fit)
        self._drifts.inc(int(has_drifted))

    def _known(self, rows: VisitRows) -> dict[Member, VisitorSegment | None]:
        """The members in the rows. Whose vector begins is new: state is not asked."""
        before_ms: dict[Member, int] = {}
        for pair, ms in zip(zip(rows.shops, rows.visitors, strict=True), rows.head["before_ms"], strict=True):
            before_ms.setdefault(pair, ms)
        return {
            pair: None if ms == NEVER_SEEN else self._state.member(pair) for pair, ms in before_ms.items()
        }

    def _news(self, news: list[Assigned], appended_ms: list[int]) -> Iterator[Row]:
        news = [of for of in news if industry_of(of.shop) is None]
        self._changes.inc(sum(of.segment != of.before for of in news))
        yield from self._visitor_rows.of(news, appended_ms)

    def _forget(self, rows: VisitRows, appended_ms: list[int]) -> Iterator[Row]:
        for at, (visitor, shop) in enumerate(zip(rows.visitors, rows.shops, strict=True)):
            until_ms = int(rows.head["at_ms"][at])
            self._state.forget((shop, visitor))
            if shop in self._hot:
                self._state.touched.put(shop, b"")  # what the part last said may hold the visitor's vector
            if rows.head["kind"][at] == ERASED and not shop:
                yield Row(FORGOTTEN, visitor, shop, until_ms, until_ms, appended_ms[at], b"")

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Row]:
        state, next_ms = self._state, timestamp + self._every_ms
        for name, shard in list(state.parts.items()):
            ctx.timer_service().register_processing_time_timer(next_ms)
            visitors = state.sampled().get(name, [])
            yield from self._exchange(name, shard.decode(), visitors, timestamp)
        for name in sorted(set(state.touched) - self._hot):
            shop = state.shop(name)
            waits = is_due(shop, self._settings) and not self._budget.is_open()
            if waits:
                ctx.timer_service().register_processing_time_timer(next_ms)
            else:
                state.touched.remove(name)
                shop = yield from self._refitted(name, shop)
            yield said_of(name, shop, state.fit(name).drifted_ms, timestamp)

    def _refitted(self, name: str, shop: ShopSegments) -> Generator[Row, None, ShopSegments]:
        """The shop, after a refit if one is due."""
        if not is_due(shop, self._settings):
            return shop
        state = self._state
        self._log.refit(name)
        with self._budget.spent():
            found = refit_shop(name, shop, state.sample(name, state.sampled().get(name, [])), self._settings)
        self._refits.inc()
        yield from self._carried_out(name, found, shop)
        return found.shop

    def _exchange(self, name: str, part: str, visitors: list[str], now_ms: int) -> Iterator[Row]:
        """Read what the other parts hold; say what is new of this one."""
        state, before = self._state, self._state.rest(name)
        read = self._store.rest(name, part) if self._store else None
        rest = before if read is None else RestOfShop.from_bytes(read)
        shop, sample = state.shop(name), state.sample(name, visitors)
        found = adopt_rest(name, shop, rest, before.refit, sample, self._settings)
        yield from self._carried_out(name, found, shop)
        refit = max(rest.refit, before.refit)
        state.keep_rest(name, replace(rest, refit=refit, moves={}))
        if refit > before.refit or state.touched.contains(name):
            state.touched.remove(name)
            stays = {v: found.moved.get(v, of) for v, of in sample.items() if v not in found.left}
            shop, drifted_ms = found.shop, state.fit(name).drifted_ms
            said = ShopPart(shop.model, shop.categories, refit, drifted_ms, stays)
            yield of_shop(PART, name, shop.model.latest_ms, now_ms, said.to_bytes(), part)

    def _carried_out(self, name: str, found: Refitted, before: ShopSegments) -> Iterator[Row]:
        self._state.keep_shop(name, found.shop, before)
        changed = (*found.moved.items(), *found.left.items())
        self._state.keep_members({(name, visitor): member for visitor, member in changed})
        self._state.leave_sample((name, visitor) for visitor in found.left)
        yield from self._news(found.news, [])
