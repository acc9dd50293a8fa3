"""The closed loop: visitors come, click, are shown a layout, go on, and buy or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tidemark.simulate.storefront import Behaviors, Decisions, Storefront
from tidemark.simulate.tastes import DAY_MS, Floats, Ints
from tidemark.simulate.world import START_MS, STEP_MS, Arrivals, World

PURCHASE = 3


PERIOD_DAYS = 28
"""The best layout of a segment is that of so many days: fewer visits would tell of visitors, not of it."""


@dataclass(frozen=True)
class Result:
    """By day: visits; conversions; those expected of the layouts shown, of the best, and of chance.

    best_of_segments : by period, expected had every visit been shown the layout that suits its segment best.
    """

    visits: Floats
    conversions: Floats
    expected: Floats
    best: Floats
    by_chance: Floats
    best_of_segments: Floats

    @property
    def rate(self) -> float:
        """Conversions a visit."""
        return float(self.conversions.sum() / self.visits.sum())

    @property
    def regret(self) -> float:
        """1 − expected reward over that of an oracle who knows each visitor's true probabilities."""
        return float(1 - self.expected.sum() / self.best.sum())

    @property
    def regret_of_bandit(self) -> float:
        """The same over an oracle who knows the true probabilities of every layout in each segment."""
        return float(1 - self.expected.sum() / self.best_of_segments.sum())


class _Counter:
    """What comes of one storefront's decisions."""

    def __init__(self, days: int, seed: Sequence[int]) -> None:
        self.random = np.random.default_rng(seed)
        self._by_day = np.zeros((5, days))
        self._of_segments: dict[int, Floats] = {}

    def count(self, arrivals: Arrivals, decisions: Decisions) -> np.typing.NDArray[np.bool_]:
        """(n,) who buys, counted."""
        conversion, n = arrivals.conversion, len(arrivals)
        chance = conversion[np.arange(n), decisions.layout]
        buys: np.typing.NDArray[np.bool_] = self.random.random(n) < chance
        found = (np.ones(n), buys, chance, conversion.max(axis=1), conversion.mean(axis=1))
        day = (arrivals.at_ms - START_MS) // DAY_MS
        for row, amount in zip(self._by_day, found, strict=True):
            row += np.bincount(day, weights=amount, minlength=len(row))
        self._count_segments(int(day[0]) // PERIOD_DAYS, decisions.policy, conversion)
        return buys

    def _count_segments(self, period: int, policy: Ints, conversion: Floats) -> None:
        sums = self._of_segments.get(period, np.zeros((0, conversion.shape[1])))
        grown = np.zeros((max(len(sums), int(policy.max()) + 1), conversion.shape[1]))
        grown[: len(sums)] = sums
        np.add.at(grown, policy, conversion)
        self._of_segments[period] = grown

    def result(self) -> Result:
        best = [sums.max(axis=1).sum() for sums in self._of_segments.values()]
        visits, conversions, expected, of_best, by_chance = self._by_day
        return Result(visits, conversions, expected, of_best, by_chance, np.array(best))


def run(
    world: World,
    storefronts: Sequence[Storefront],
    span_ms: int,
    tick: Callable[[], object] = lambda: None,
) -> list[Result]:
    """All days of the world, at each of the storefronts for itself: the same visits, other purchases.

    span_ms : event time of a batch. A visitor's first click is known before the decision, the others after
    it. `tick` is called after each batch.
    """
    counters = [_Counter(world.parameters.days, (world.seed, 4, place)) for place in range(len(storefronts))]
    for arrivals in world.batches(span_ms):
        for storefront, counter in zip(storefronts, counters, strict=True):
            if len(arrivals):
                _serve(arrivals, storefront, counter)
        tick()
    return [counter.result() for counter in counters]


def _serve(arrivals: Arrivals, storefront: Storefront, counter: _Counter) -> None:
    clicks, first = _behaviors(arrivals)
    storefront.behaved(clicks.only(first))
    decisions = storefront.decide(arrivals.visitor, arrivals.shop, arrivals.at_ms)
    storefront.exposed(arrivals.visitor, arrivals.shop, decisions, arrivals.at_ms + STEP_MS // 2)
    buys = counter.count(arrivals, decisions)
    storefront.behaved(_with_purchases(arrivals, clicks, ~first, buys))


def _behaviors(arrivals: Arrivals) -> tuple[Behaviors, np.typing.NDArray[np.bool_]]:
    """(all events, (m,) whether it is its visit's first)."""
    row = arrivals.row
    place = np.arange(len(row)) - np.searchsorted(row, row)
    at_ms = arrivals.at_ms[row] + STEP_MS * place
    events = Behaviors(arrivals.visitor[row], arrivals.shop[row], arrivals.category, arrivals.behavior, at_ms)
    return events, place == 0


def _with_purchases(
    arrivals: Arrivals,
    clicks: Behaviors,
    later: np.typing.NDArray[np.bool_],
    buys: np.typing.NDArray[np.bool_],
) -> Behaviors:
    """The later clicks, then a purchase of the item touched last for each visit that `buys` (n,)."""
    end = np.searchsorted(arrivals.row, np.flatnonzero(buys), side="right") - 1
    rest = clicks.only(later)
    purchase = np.full(len(end), PURCHASE)
    return Behaviors(
        np.concatenate([rest.visitor, clicks.visitor[end]]),
        np.concatenate([rest.shop, clicks.shop[end]]),
        np.concatenate([rest.category, clicks.category[end]]),
        np.concatenate([rest.behavior, purchase]),
        np.concatenate([rest.at_ms, clicks.at_ms[end] + STEP_MS]),
    )
