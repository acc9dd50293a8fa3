"""Shops, visitors and visits to test segments with."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.visits import NEVER_SEEN, Visits

DAY_MS = 86_400_000
NOW_MS = 1_700_000_000_000
SHAPE = (3, 4, 6)


def shoppers(
    n: int, tastes: int, values: int, seed: int, purchases: int = 60
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Counts (n, values) of visitors of `tastes` kinds, and each one's kind (n,)."""
    random = np.random.default_rng(seed)
    taste = random.dirichlet(np.full(values, 0.15), tastes)
    kind = np.arange(n) % tastes
    return np.array([random.multinomial(purchases, taste[k]) for k in kind], dtype=np.float64), kind


def models(seed: int) -> SegmentModels:
    """Shops of SHAPE that have seen something."""
    random = np.random.default_rng(seed)
    B, K, _ = SHAPE
    return SegmentModels(
        sums=random.gamma(0.5, 40.0, SHAPE),
        visitors=random.gamma(2.0, 5.0, (B, K)),
        visits=random.gamma(2.0, 9.0, (B, K)),
        recent_visits=random.gamma(2.0, 2.0, (B, K)),
        conversions=random.gamma(1.0, 1.0, (B, K)),
        seen=random.integers(1, 500, B),
        first_ms=np.full(B, NOW_MS - 300 * DAY_MS),
        latest_ms=NOW_MS - random.integers(0, 20, B) * DAY_MS,
    )


def visits(n: int, seed: int, segments: int = SHAPE[1]) -> Visits:
    """n visits at the shops of SHAPE; some visitors are new, some bring nothing."""
    random = np.random.default_rng(seed)
    B, _, D = SHAPE
    segment = random.integers(-1, segments, n)
    filled = random.random((n, D)) < 0.5
    row, dimension = np.nonzero(filled)
    at_ms = NOW_MS + random.integers(0, 5 * DAY_MS, n)
    before = np.where(segment[row] < 0, 0.0, random.gamma(0.5, 4.0, len(row)))
    added = random.integers(0, 3, len(row)).astype(np.float64)
    return Visits(
        shop=random.integers(0, B, n),
        at_ms=at_ms,
        since_ms=np.where(segment < 0, NEVER_SEEN, at_ms - random.integers(0, 90, n) * DAY_MS),
        begun=random.integers(0, 3, n),
        converted=random.integers(0, 2, n),
        segment=segment,
        challenger=random.integers(-1, segments, n),
        streak=random.integers(0, 3, n),
        row=row,
        dimension=dimension,
        taste=before + added,
        before=before,
        added=added,
    )


def rows_of(all_visits: Visits, which: NDArray[np.bool_]) -> Visits:
    """The visits `which` (n,) alone, in the same order."""
    kept = which[all_visits.row]
    number = np.cumsum(which) - 1
    per_visit = ("shop", "at_ms", "since_ms", "begun", "converted", "segment", "challenger", "streak")
    per_entry = ("dimension", "taste", "before", "added")
    return Visits(
        **{name: getattr(all_visits, name)[which] for name in per_visit},
        **{name: getattr(all_visits, name)[kept] for name in per_entry},
        row=number[all_visits.row[kept]],
    )


seeds = st.integers(0, 10_000)
numbers_of_visits = st.integers(0, 30)
