"""Where visitors were each morning, and what their segments were like, at each of the shops."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.segment_scores import shares
from tidemark.evaluate.shops import Shops
from tidemark.evaluate.visit_stream import VisitStream


@dataclass(frozen=True)
class SegmentHistory:
    """By day: labels (B, visitors), -1 for none yet, and distributions (B, K, D)."""

    labels: list[Ints]
    distributions: list[Floats]

    def of(self, day: int, shop: int, who: Ints, everybody: Floats) -> Floats:
        """(n, D) distributions of the visitors' segments; everybody's where there is none yet."""
        segment = self.labels[day][shop, who]
        known = self.distributions[day][shop, np.maximum(segment, 0)].astype(np.float64)
        known = known / known.sum(axis=1, keepdims=True)
        return np.where((segment < 0)[:, None], everybody, known)


def record(shops: Shops, stream: VisitStream, tick: Callable[[], object]) -> SegmentHistory:
    """Run the shops through the whole stream."""
    history = SegmentHistory([], [])
    for day in stream.days():
        shops.refit()
        s, _ = shares(np.maximum(shops.models.sums, 0.0), shops.smoothing)
        history.labels.append(shops.memory.segment.copy())
        history.distributions.append(s.astype(np.float32))
        shops.learn(day)
        tick()
    return history
