"""What is kept of many shops' segments: sums that forget by event time, and add.

A model is the sum of what its visits brought, each decayed to the latest event. So the models of parts of a
hot shop merge into that of the whole, in any order, and late events need no special case.
"""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints

NEVER = np.iinfo(np.int64).max
"""`first_ms` of a model that has seen nothing."""


@dataclass(frozen=True)
class HalfLives:
    """Of what a segment remembers, in milliseconds of event time."""

    long_ms: int = 90 * 86_400_000
    recent_ms: int = 7 * 86_400_000


@dataclass(frozen=True)
class SegmentModels:
    """B shops with up to K segments over D dimensions; all decayed to `latest_ms`.

    sums : (B, K, D) counts of the segment's members, at the long half-life: exactly the sum of their vectors.
    visitors : (B, K) members, each as much as the long half-life has left of them since their last visit.
    visits, conversions : (B, K) at the long half-life. recent_visits : (B, K) at the recent one.
    seen : (B,) visits so far, not decayed. first_ms, latest_ms : (B,) event times.

    What one batch brings is a model too (`visited_statistics`); its sums may be negative, where visitors
    left a segment.
    """

    sums: Floats
    visitors: Floats
    visits: Floats
    recent_visits: Floats
    conversions: Floats
    seen: Ints
    first_ms: Ints
    latest_ms: Ints

    @classmethod
    def empty(cls, shops: int, segments: int, dimensions: int) -> "SegmentModels":
        """Models that have seen nothing; adding them to another changes nothing."""
        per_segment = np.zeros((shops, segments))
        times = np.full(shops, NEVER)
        return cls(
            sums=np.zeros((shops, segments, dimensions)),
            visitors=per_segment,
            visits=per_segment,
            recent_visits=per_segment,
            conversions=per_segment,
            seen=np.zeros(shops, dtype=np.int64),
            first_ms=times,
            latest_ms=np.zeros(shops, dtype=np.int64),
        )

    def at(self, at_ms: Ints, half_lives: HalfLives) -> "SegmentModels":
        """Decayed to `at_ms` (B,), which no entry of `latest_ms` exceeds."""
        long = np.exp2((self.latest_ms - at_ms) / half_lives.long_ms)
        recent = np.exp2((self.latest_ms - at_ms) / half_lives.recent_ms)
        return replace(
            self,
            sums=self.sums * long[:, None, None],
            visitors=self.visitors * long[:, None],
            visits=self.visits * long[:, None],
            conversions=self.conversions * long[:, None],
            recent_visits=self.recent_visits * recent[:, None],
            latest_ms=np.asarray(at_ms),
        )


def merge(first: SegmentModels, second: SegmentModels, half_lives: HalfLives) -> SegmentModels:
    """The model of all that either has seen; commutative and associative, to rounding."""
    latest = np.maximum(first.latest_ms, second.latest_ms)
    a, b = first.at(latest, half_lives), second.at(latest, half_lives)
    return SegmentModels(
        sums=a.sums + b.sums,
        visitors=a.visitors + b.visitors,
        visits=a.visits + b.visits,
        recent_visits=a.recent_visits + b.recent_visits,
        conversions=a.conversions + b.conversions,
        seen=a.seen + b.seen,
        first_ms=np.minimum(a.first_ms, b.first_ms),
        latest_ms=latest,
    )
