"""Shops in the stream, one a seed: the job's steps in the job's order, and what they predicted."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.refit_segments import RefitSettings, moved_sums, refit_due, refit_segments
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.maths.segments.visitor_sample import fitting_threshold, visitor_hash
from tidemark.evaluate.bits import Bits, bits_of
from tidemark.evaluate.visit_stream import Day, Memory, VisitStream

SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Outcome:
    """Of each seed. prequential, frozen : bits. weekly : (weeks, B) share of visitors who changed."""

    prequential: Bits
    frozen: Bits
    weekly: Floats


@dataclass(frozen=True)
class Span:
    """Days from `first` to before `end` are scored; what is frozen is frozen at `first`."""

    first: int
    end: int


class Shops:
    """One copy of the shop for each seed, with its models, its sample of visitors and its refits."""

    def __init__(
        self,
        stream: VisitStream,
        visitors: int,
        segments: SegmentSettings,
        refits: RefitSettings,
        sample: int,
        seeds: tuple[int, ...] = SEEDS,
    ) -> None:
        self._stream, self._segments, self._refits, self._seeds = stream, segments, refits, seeds
        self._sample = sample
        self.smoothing = segments.smoothing
        self.models = SegmentModels.empty(len(seeds), refits.most, stream.dimensions)
        self.memory = Memory(len(seeds), visitors)
        ids = np.arange(visitors, dtype=np.uint64)
        self._hashes = np.array([visitor_hash(ids, salt=seed) for seed in seeds])
        self._threshold = np.ones(len(seeds))
        self._refitted_at = np.zeros(len(seeds), dtype=np.int64)

    def learn(self, day: Day) -> None:
        """The day's batch."""
        visits = self.memory.visits(day, self._stream.since_ms)
        self.models, found = update_segments(self.models, visits, self._segments)
        self.memory.learn(day, found)

    def refit(self) -> None:
        """Seek better segments at the shops whose refit is due; their visitors' vectors have learned."""
        for shop in np.flatnonzero(refit_due(self.models.seen, self._refitted_at, self._refits)):
            self._refit(int(shop))

    def _refit(self, shop: int) -> None:
        who = self._sampled(shop)
        X = self._stream.decayed(who, int(self.models.latest_ms[shop]))
        labels = self.memory.segment[shop, who]
        age_ms = self.models.latest_ms[shop] - self.models.first_ms[shop]
        found = refit_segments(
            X.astype(np.float32),
            labels,
            self.smoothing,
            bool(age_ms >= self._segments.hysteresis.settling_ms),
            self._refits,
            seed=self._seeds[shop] * 1_000_000 + int(self.models.seen[shop]),
        )
        self._move(shop, who, X, labels, found.labels)
        self.memory.segment[shop, who] = found.labels
        self._refitted_at[shop] = self.models.seen[shop]

    def _move(self, shop: int, who: Ints, X: Floats, before: Ints, after: Ints) -> None:  # noqa: ARG002
        """Visitors `who` (n,) with vectors X (n, D) go from segments `before` to `after`."""
        sums = self.models.sums.copy()
        sums[shop] = moved_sums(sums[shop], X, before, after)
        self.models = replace(self.models, sums=sums)

    def _sampled(self, shop: int) -> Ints:
        """Visitors seen so far whose hash is below the shop's threshold."""
        seen = np.flatnonzero(self.memory.segment[shop] >= 0)
        hashes = self._hashes[shop, seen]
        self._threshold[shop] = fitting_threshold(hashes, float(self._threshold[shop]), self._sample)
        return np.asarray(seen[hashes < self._threshold[shop]])

    def score(self, day: Day, at_ms: int) -> Bits:
        """Bits of the day's purchases by what the shops know, as of `at_ms`."""
        now = self.models.at(
            np.full(len(self._seeds), max(at_ms, int(self.models.latest_ms.max()))), self._segments.half_lives
        )
        return bits_of(
            day.counts,
            day.before,
            np.maximum(now.sums, 0.0),
            self.memory.segment[:, day.who],
            self.smoothing,
        )


def run(shops: Shops, stream: VisitStream, span: Span, tick: Callable[[], object]) -> Outcome:
    """Day by day: a basket is scored before anything learns from it. `tick` is called after each day."""
    B, visitors = shops.memory.segment.shape
    prequential = frozen = Bits.none(B)
    changes = np.zeros((span.end - span.first, B))
    kept: tuple[Floats, Ints] | None = None
    for day in stream.days():
        if day.day >= span.end:
            break
        before = shops.memory.segment.copy()
        shops.refit()
        if day.day == span.first:
            kept = np.maximum(shops.models.sums, 0.0), shops.memory.segment.copy()
        if kept is not None:
            prequential += shops.score(day, day.start_ms)
            frozen += bits_of(day.counts, day.before, kept[0], kept[1][:, day.who], shops.smoothing)
        shops.learn(day)
        if kept is not None:
            changes[day.day - span.first] = _changed(before, shops.memory.segment)
        tick()
    weeks = len(changes) // 7
    weekly = changes[: weeks * 7].reshape(weeks, 7, B).sum(axis=1) / visitors
    return Outcome(prequential, frozen, weekly)


def _changed(before: Ints, after: Ints) -> Ints:
    """(B,) visitors who had a segment and have another."""
    return np.asarray(((before >= 0) & (before != after)).sum(axis=1))
