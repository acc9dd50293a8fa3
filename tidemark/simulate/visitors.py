"""What the job keeps of each visitor in keyed state, in arrays: decayed counts, times, segments."""

from dataclasses import dataclass

import numpy as np

from operators.maths.segments.assign_segments import Assignments
from operators.maths.segments.visits import NEVER_SEEN, Visits
from tidemark.simulate.storefront import Behaviors
from tidemark.simulate.tastes import Floats, Ints

VISIT_GAP_MS = 30 * 60_000


@dataclass(frozen=True)
class Batch:
    """n visitors of a micro-batch with their vectors as of arrival.

    who, shop, at_ms, since_ms, begun, converted, segment, challenger, streak : (n,).
    before : (n, C) at the longest horizon. after : (H, n, C) at each, this batch included. counts : (n, C).
    """

    who: Ints
    shop: Ints
    at_ms: Ints
    since_ms: Ints
    begun: Ints
    converted: Ints
    segment: Ints
    challenger: Ints
    streak: Ints
    before: Floats
    after: Floats
    counts: Floats

    def visits(self, taste: Floats) -> Visits:
        """As the maths takes them; taste : (n, C)."""
        row, dimension = np.nonzero(self.after[0])
        return Visits(
            shop=self.shop,
            at_ms=self.at_ms,
            since_ms=self.since_ms,
            begun=self.begun,
            converted=self.converted,
            segment=self.segment,
            challenger=self.challenger,
            streak=self.streak,
            row=row,
            dimension=dimension,
            taste=taste[row, dimension],
            before=self.before[row, dimension],
            added=self.counts[row, dimension],
        )


class Visitors:
    """V visitors, each of one shop. shop, segment : (V,), -1 before the first visit."""

    def __init__(self, visitors: int, categories: int, horizons_ms: tuple[int, ...]) -> None:
        self._half_lives_ms = np.array(horizons_ms, dtype=np.float64)
        self._vectors = np.zeros((len(horizons_ms), visitors, categories), dtype=np.float32)
        self._since_ms = np.full(visitors, NEVER_SEEN)
        self.shop, self.segment, self._challenger = (np.full(visitors, -1) for _ in range(3))
        self._streak = np.zeros(visitors, dtype=np.int64)

    def arrive(self, behaviors: Behaviors, amounts: Floats, bought: np.typing.NDArray[np.bool_]) -> Batch:
        """One row a visitor; amounts : (m,) weights of the events; bought : (m,) purchases."""
        who, first, place = np.unique(behaviors.visitor, return_index=True, return_inverse=True)
        at_ms = np.zeros(len(who), dtype=np.int64)
        np.maximum.at(at_ms, place, behaviors.at_ms)
        counts = np.zeros((len(who), self._vectors.shape[2]))
        np.add.at(counts, (place, behaviors.category), amounts)
        before = self._decayed(who, at_ms)
        self.shop[who] = behaviors.shop[first]
        return Batch(
            who, self.shop[who], at_ms, self._since_ms[who],
            self._begun(who, behaviors.at_ms[first]),
            (np.bincount(place, weights=bought, minlength=len(who)) > 0).astype(np.int64),
            self.segment[who], self._challenger[who], self._streak[who],
            before[0], before + counts, counts,
        )  # fmt: skip

    def _begun(self, who: Ints, at_ms: Ints) -> Ints:
        """(n,) 1 where a visit begins: after a pause, or for the first time."""
        since_ms = self._since_ms[who]
        after_a_pause = at_ms - np.maximum(since_ms, 0) >= VISIT_GAP_MS
        return np.asarray((since_ms == NEVER_SEEN) | after_a_pause, dtype=np.int64)

    def learn(self, batch: Batch, found: Assignments) -> None:
        self._vectors[:, batch.who], self._since_ms[batch.who] = batch.after, batch.at_ms
        self.segment[batch.who], self._challenger[batch.who] = found.segment, found.challenger
        self._streak[batch.who] = found.streak

    def decayed(self, who: Ints, at_ms: int) -> Floats:
        """(n, C) at the longest horizon."""
        return np.asarray(self._decayed(who, np.full(len(who), at_ms))[0])

    def _decayed(self, who: Ints, at_ms: Ints) -> Floats:
        """(H, n, C)."""
        known = self._since_ms[who] != NEVER_SEEN
        away = np.where(known, at_ms - np.where(known, self._since_ms[who], 0), 0)
        left = np.exp2(-away / self._half_lives_ms[:, None])
        return np.asarray(self._vectors[:, who] * left[:, :, None])
