"""A year of baskets as the job would get it: micro-batches of visits with vectors as of arrival.

What the job keeps of each visitor in keyed state is kept here in arrays: decayed counts, the time of the last
visit, and the segment at each of the shops. The shops are copies of one shop that differ in their seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.assign_segments import Assignments
from operators.maths.segments.visits import NEVER_SEEN, Visits
from tidemark.evaluate.baskets import DAY_MS, START_MS, Baskets


@dataclass(frozen=True)
class Day:
    """One batch. who : (n,) visitors. counts : (n, D) distinct categories of their baskets.

    before : (n, D) decayed counts as of `at_ms` (n,), the time of their last basket of the day.
    """

    day: int
    who: Ints
    at_ms: Ints
    counts: Floats
    before: Floats

    @property
    def start_ms(self) -> int:
        return START_MS + self.day * DAY_MS


class VisitStream:
    """Visitors' vectors through the year.

    vectors : (visitors, D) decayed counts of each, as of its last visit, `since_ms` (visitors,).
    """

    def __init__(self, baskets: Baskets, half_life_ms: int, dimension: Ints | None = None) -> None:
        """dimension : (categories,) the dimension of each category; by default each is one."""
        self._baskets, self._half_life_ms = baskets, half_life_ms
        self._dimension = np.arange(len(baskets.names)) if dimension is None else dimension
        self.dimensions = int(self._dimension.max()) + 1
        self.vectors = np.zeros((len(baskets.households), self.dimensions))
        self.since_ms = np.full(len(baskets.households), NEVER_SEEN)

    def days(self) -> Iterator[Day]:
        """Each day of the year, before the visitors' vectors learn from it."""
        for day in range(self._baskets.days):
            found = self._day(day)
            yield found
            self.vectors[found.who] = found.before + found.counts
            self.since_ms[found.who] = found.at_ms

    def _day(self, day: int) -> Day:
        rows = self._baskets.of_day(day)
        who, place = np.unique(self._baskets.visitor[rows], return_inverse=True)
        at_ms = np.zeros(len(who), dtype=np.int64)
        np.maximum.at(at_ms, place, self._baskets.at_ms[rows])
        counts = np.zeros((len(who), self.dimensions))
        np.add.at(counts, (place, self._dimension[self._baskets.category[rows]]), 1.0)
        return Day(day, who, at_ms, counts, self.vectors[who] * self._left(who, at_ms)[:, None])

    def _left(self, who: Ints, at_ms: Ints) -> Floats:
        """(n,) what is left of the visitors' vectors at `at_ms`."""
        away = np.where(self.since_ms[who] == NEVER_SEEN, 0, at_ms - self.since_ms[who])
        return np.asarray(np.exp2(-away / self._half_life_ms))

    def decayed(self, who: Ints, at_ms: int) -> Floats:
        """(n, D) the vectors as of one time."""
        return self.vectors[who] * self._left(who, np.full(len(who), at_ms))[:, None]


class Memory:
    """Each visitor's segment and streak at each of the shops: arrays (shops, visitors)."""

    def __init__(self, shops: int, visitors: int) -> None:
        self.segment = np.full((shops, visitors), -1)
        self._challenger = np.full((shops, visitors), -1)
        self._streak = np.zeros((shops, visitors), dtype=np.int64)

    def visits(self, day: Day, since_ms: Ints) -> Visits:
        """The day's rows at all shops, shop by shop."""
        shops, n = len(self.segment), len(day.who)
        after = day.before + day.counts
        row, dimension = np.nonzero(after)
        rows = (row[None] + n * np.arange(shops)[:, None]).ravel()
        return Visits(
            shop=np.repeat(np.arange(shops), n),
            at_ms=np.tile(day.at_ms, shops),
            since_ms=np.tile(since_ms[day.who], shops),
            begun=np.ones(shops * n, dtype=np.int64),
            converted=np.ones(shops * n, dtype=np.int64),
            segment=self.segment[:, day.who].ravel(),
            challenger=self._challenger[:, day.who].ravel(),
            streak=self._streak[:, day.who].ravel(),
            row=rows,
            dimension=np.tile(dimension, shops),
            taste=np.tile(after[row, dimension], shops),
            before=np.tile(day.before[row, dimension], shops),
            added=np.tile(day.counts[row, dimension], shops),
        )

    def learn(self, day: Day, found: Assignments) -> None:
        shape = len(self.segment), len(day.who)
        self.segment[:, day.who] = found.segment.reshape(shape)
        self._challenger[:, day.who] = found.challenger.reshape(shape)
        self._streak[:, day.who] = found.streak.reshape(shape)
