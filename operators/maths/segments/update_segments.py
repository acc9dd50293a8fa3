"""One step of the stream: a micro-batch of visits in, assignments and the shops' next models out."""

from dataclasses import dataclass, field

import numpy as np

from operators.maths.segments.assign_segments import Assignments, Hysteresis, assign_segments
from operators.maths.segments.segment_models import HalfLives, SegmentModels, merge
from operators.maths.segments.visited_statistics import visited_statistics
from operators.maths.segments.visits import Visits, clean


@dataclass(frozen=True)
class SegmentSettings:
    """Of all shops.

    smoothing : κ, counts of everybody's distribution that each segment's is smoothed with.
    """

    half_lives: HalfLives = field(default_factory=HalfLives)
    smoothing: float = 2500.0
    hysteresis: Hysteresis = field(default_factory=Hysteresis)


def update_segments(
    models: SegmentModels, visits: Visits, settings: SegmentSettings, rest: SegmentModels | None = None
) -> tuple[SegmentModels, Assignments]:
    """Assign by the models before the batch, then learn from it. No rows change nothing.

    rest : where `models` are parts of shops, what the other parts hold, of the same shape: visitors are
        assigned by both together, and the part learns from its own alone. Where it is up to date, the parts'
        models add up to that of a shop in one piece.
    """
    visits = clean(visits)
    now = np.maximum(models.latest_ms, _latest(visits, len(models.seen)))
    models = models.at(now, settings.half_lives)
    whole = models if rest is None else merge(models, rest, settings.half_lives)
    found = assign_segments(whole, visits, settings.smoothing, settings.hysteresis)
    brought = visited_statistics(visits, found.segment, models.sums.shape, settings.half_lives)
    return merge(models, brought, settings.half_lives), found


def _latest(visits: Visits, shops: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    latest = np.zeros(shops, dtype=np.int64)
    np.maximum.at(latest, visits.shop, visits.at_ms)
    return latest
