"""The same shops, hot: in parts that keep the sums of their own visitors, and hear of the others at times."""

from collections.abc import Iterable
from dataclasses import fields, replace
from functools import reduce
from typing import Any

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.refit_segments import moved_sums
from operators.maths.segments.segment_models import SegmentModels, merge
from operators.maths.segments.update_segments import update_segments
from operators.maths.segments.visitor_sample import visitor_hash
from tidemark.evaluate.shops import Shops
from tidemark.evaluate.visit_stream import Day

SALT = 2**31
"""Which part a visitor belongs to has nothing to do with the sample."""


class ShopsInParts(Shops):
    """parts : of each shop. every_days : from one exchange to the next; in between, the rest is as it was."""

    def __init__(self, *of_shops: Any, parts: int, every_days: int = 1, **more: Any) -> None:
        super().__init__(*of_shops, **more)
        shops, visitors = self.memory.segment.shape
        self._parts, self._every_days, self._learned = parts, every_days, 0
        self._part = (visitor_hash(np.arange(visitors, dtype=np.uint64), SALT) * parts).astype(np.int64)
        shape = shops * parts, *self.models.sums.shape[1:]
        self._own = self._rest = SegmentModels.empty(*shape)

    def learn(self, day: Day) -> None:
        """The day's batch, each visitor at its part."""
        visits = self.memory.visits(day, self._stream.since_ms)
        shop = visits.shop * self._parts + np.tile(self._part[day.who], len(self.memory.segment))
        visits = replace(visits, shop=shop)
        self._own, found = update_segments(self._own, visits, self._segments, self._rest)
        self.memory.learn(day, found)
        self._learned += 1
        if self._learned % self._every_days == 0:
            everyone = range(self._parts)
            others = [self._merged(set(everyone) - {part}) for part in everyone]
            self._rest = _by_turns(others)
        self.models = self._merged(range(self._parts))

    def _move(self, shop: int, who: Ints, X: Floats, before: Ints, after: Ints) -> None:
        now_ms = np.repeat(self.models.latest_ms, self._parts)
        self._own = self._own.at(now_ms, self._segments.half_lives)
        sums = self._own.sums.copy()
        for part in range(self._parts):
            here, at = self._part[who] == part, shop * self._parts + part
            sums[at] = moved_sums(sums[at], X[here], before[here], after[here])
        self._own = replace(self._own, sums=sums)
        self.models = self._merged(range(self._parts))

    def _merged(self, parts: Iterable[int]) -> SegmentModels:
        """Of each shop, these parts together."""
        models = [_each(self._own, part, self._parts) for part in parts]
        return reduce(lambda a, b: merge(a, b, self._segments.half_lives), models)


def _each(models: SegmentModels, first: int, step: int) -> SegmentModels:
    return SegmentModels(**{of.name: getattr(models, of.name)[first::step] for of in fields(models)})


def _by_turns(models: list[SegmentModels]) -> SegmentModels:
    """The first of each, then the second of each."""
    columns = {of.name: [getattr(one, of.name) for one in models] for of in fields(SegmentModels)}
    stacked = {name: np.stack(each, axis=1) for name, each in columns.items()}
    return SegmentModels(**{name: of.reshape(-1, *of.shape[2:]) for name, of in stacked.items()})
