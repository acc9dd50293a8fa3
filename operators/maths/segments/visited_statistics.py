"""What the visits of a batch bring to the models of their shops, as models that add."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.segment_models import NEVER, HalfLives, SegmentModels
from operators.maths.segments.visits import NEVER_SEEN, Visits


def visited_statistics(
    visits: Visits, segment: Ints, shape: Sequence[int], half_lives: HalfLives
) -> SegmentModels:
    """To be merged into the models of the B shops; shape : (B, K, D). segment : (n,) as assigned.

    A visitor who changes segment takes all of its decayed counts along, so a segment's sums stay exactly
    those of its members. Row order is irrelevant; no rows give empty models.
    """
    B, K, _ = shape
    latest = np.zeros(B, dtype=np.int64)
    np.maximum.at(latest, visits.shop, visits.at_ms)
    first = np.full(B, NEVER)
    np.minimum.at(first, visits.shop, visits.at_ms)
    lag = visits.at_ms - latest[visits.shop]  # at most 0
    long, recent = np.exp2(lag / half_lives.long_ms), np.exp2(lag / half_lives.recent_ms)

    new = visits.segment < 0
    moved = new | (visits.segment != segment)
    present = _presence(visits, half_lives)
    arrived = np.where(new, 1.0, np.where(moved, 1.0, 1.0 - present))

    def tally(amount: Floats, where: Ints) -> Floats:
        counted = np.bincount(visits.shop * K + where, weights=amount, minlength=B * K)
        return np.asarray(counted, dtype=np.float64).reshape(B, K)

    leavers = np.where(moved & ~new, present, 0.0)
    return SegmentModels(
        sums=_sums(visits, segment, moved & ~new, long, shape),
        visitors=tally(arrived * long, segment) - tally(leavers * long, np.maximum(visits.segment, 0)),
        visits=tally(visits.begun * long, segment),
        recent_visits=tally(visits.begun * recent, segment),
        conversions=tally(visits.converted * long, segment),
        seen=np.bincount(visits.shop, weights=visits.begun, minlength=B).astype(np.int64),
        first_ms=first,
        latest_ms=latest,
    )


def _presence(visits: Visits, half_lives: HalfLives) -> Floats:
    """(n,) what is left at `at_ms` of the one that the visitor counted for at its visit before."""
    known = visits.since_ms != NEVER_SEEN
    away = np.maximum(visits.at_ms - np.where(known, visits.since_ms, visits.at_ms), 0)
    return np.where(known, np.exp2(-away / half_lives.long_ms), 0.0)


def _sums(
    visits: Visits, segment: Ints, moved: NDArray[np.bool_], weight: Floats, shape: Sequence[int]
) -> Floats:
    """(B, K, D) added counts, and the counts of those who `moved` (n,) from one segment to another."""
    sums = np.zeros(shape)
    row, dimension = visits.row, visits.dimension
    shop, weight = visits.shop[row], weight[row]
    takes_along = visits.before * moved[row]
    np.add.at(sums, (shop, segment[row], dimension), (visits.added + takes_along) * weight)
    np.add.at(sums, (shop, np.maximum(visits.segment, 0)[row], dimension), -takes_along * weight)
    return sums
