"""The visits of one micro-batch as columns: one row a visitor and shop, their vectors sparse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints


@dataclass(frozen=True)
class Visits:
    """n visits of visitors at B shops; entries of all rows one after another, m in all.

    shop : (n,) index of the shop among the models. at_ms : (n,) event time of the visit's last event.
    since_ms : (n,) event time of the visitor's visit before; `NEVER_SEEN` where this is the first.
    begun, converted : (n,) how many visits begin in the row, and how many get their first purchase in it. A
    visit is what a visitor does without a long pause, and may take several rows.
    segment : (n,) where the visitor was, -1 nowhere yet.
    challenger, streak : (n,) the segment that was clearly better, and how often in a row.

    row : (m,) ascending. dimension : (m,) in 0..D-1, once a row.
    taste : (m,) the vector to assign by, as of this visit: a mixture of horizons.
    before : (m,) decayed counts at the long half-life as of `at_ms`, without this visit.
    added : (m,) counts that this visit brings.
    """

    shop: Ints
    at_ms: Ints
    since_ms: Ints
    begun: Ints
    converted: Ints
    segment: Ints
    challenger: Ints
    streak: Ints
    row: Ints
    dimension: Ints
    taste: Floats
    before: Floats
    added: Floats

    def __len__(self) -> int:
        return len(self.shop)

    def of_shops(self, shops: Sequence[int]) -> tuple[Ints, "Visits"]:
        """(rows, those at these shops), where a shop is its place in `shops`."""
        place = np.full(max(int(self.shop.max(initial=-1)), max(shops, default=-1)) + 1, -1)
        place[list(shops)] = np.arange(len(shops))
        here = place[self.shop] >= 0
        kept, number = here[self.row], np.cumsum(here) - 1
        return np.flatnonzero(here), Visits(
            shop=place[self.shop[here]],
            at_ms=self.at_ms[here],
            since_ms=self.since_ms[here],
            begun=self.begun[here],
            converted=self.converted[here],
            segment=self.segment[here],
            challenger=self.challenger[here],
            streak=self.streak[here],
            row=number[self.row[kept]],
            dimension=self.dimension[kept],
            taste=self.taste[kept],
            before=self.before[kept],
            added=self.added[kept],
        )

    def per_row(self, entries: Floats) -> Floats:
        """Sums of entries (m,) or (m, K) over each row: (n,) or (n, K); 0 for a row without entries."""
        out = np.zeros((len(self), *entries.shape[1:]), dtype=entries.dtype)
        filled = np.flatnonzero(np.bincount(self.row, minlength=len(self)))
        if len(filled):
            out[filled] = np.add.reduceat(entries, np.searchsorted(self.row, filled), axis=0)
        return out


NEVER_SEEN = np.iinfo(np.int64).min


def clean(visits: Visits) -> Visits:
    """Entries that are NaN, infinite or negative count as zero: none reaches a centroid."""
    return replace(
        visits, taste=_clean(visits.taste), before=_clean(visits.before), added=_clean(visits.added)
    )


def _clean(values: Floats) -> Floats:
    return np.asarray(np.where(np.isfinite(values) & (values > 0), values, 0.0))
