"""A year of baskets as choices: what Redis held of the visitor when each began, and what was in it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.preferences.choice_features import Histories
from tidemark.evaluate.baskets import Baskets

PURCHASE = 4.0
"""Weight of one in the job's default configuration."""


@dataclass(frozen=True)
class Choices:
    """The n baskets of one day. who : (n,) visitors. chosen : (n, C) 1 for each category of the basket."""

    day: int
    who: Ints
    histories: Histories
    chosen: Floats


class HistoryStream:
    """Visitors' numbers log2 S + T/h through the year, as the job's events leave them in Redis."""

    def __init__(self, baskets: Baskets, half_lives_ms: tuple[int, ...]) -> None:
        self._baskets = baskets
        self.half_lives_ms = np.array(half_lives_ms, dtype=np.float64)
        shape = len(half_lives_ms), len(baskets.households)
        self._values = np.full((*shape, len(baskets.names)), -np.inf)
        self._totals = np.full(shape, -np.inf)

    def days(self) -> Iterator[Choices]:
        """Each day's baskets, every one as of its arrival: with those of the same day before it."""
        for day in range(self._baskets.days):
            yield self._day(day)

    def everyone(self, at_ms: int) -> Histories:
        """All visitors as of one time."""
        return Histories(self._values.copy(), self._totals.copy(), np.full(self._totals.shape[1], at_ms))

    def _day(self, day: int) -> Choices:
        rows = self._baskets.of_day(day)
        _, first, place = np.unique(self._baskets.basket[rows], return_index=True, return_inverse=True)
        who, at_ms = self._baskets.visitor[rows][first], self._baskets.at_ms[rows][first]
        chosen = np.zeros((len(first), len(self._baskets.names)))
        chosen[place, self._baskets.category[rows]] = 1.0
        H, n = len(self.half_lives_ms), len(first)
        values, totals = np.empty((H, n, chosen.shape[1])), np.empty((H, n))
        for of_round in _rounds(who):
            visitors = who[of_round]
            values[:, of_round], totals[:, of_round] = self._values[:, visitors], self._totals[:, visitors]
            self._add(visitors, chosen[of_round], at_ms[of_round])
        return Choices(day, who, Histories(values, totals, at_ms), chosen)

    def _add(self, visitors: Ints, chosen: Floats, at_ms: Ints) -> None:
        """One basket for each of the visitors, who are distinct."""
        t = at_ms / self.half_lives_ms[:, None]
        with np.errstate(divide="ignore"):
            weight, total = np.log2(PURCHASE * chosen), np.log2(PURCHASE * chosen.sum(axis=1))
        self._values[:, visitors] = np.logaddexp2(self._values[:, visitors], weight + t[:, :, None])
        self._totals[:, visitors] = np.logaddexp2(self._totals[:, visitors], total + t)


def _rounds(who: Ints) -> list[Ints]:
    """Rows of everybody's first basket, then of second ones, and so on; in order of time."""
    order = np.argsort(who, kind="stable")
    new = np.r_[True, who[order][1:] != who[order][:-1]]
    start = np.maximum.accumulate(np.where(new, np.arange(len(who)), 0))
    nth = np.arange(len(who)) - start
    return [order[nth == r] for r in range(int(nth.max(initial=-1)) + 1)]
