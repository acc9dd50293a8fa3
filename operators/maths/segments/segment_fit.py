"""How well what visitors did next fits the segments they were in: bits, prequentially, in nats."""

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_scores import log_ratios
from operators.maths.segments.visits import Visits


def segment_fit(models: SegmentModels, visits: Visits, smoothing: float) -> tuple[Ints, Floats, Floats]:
    """(B,) each: visits of members, Σ n log(s/g) of what they added, and Σ n, by the models before them.

    A visitor who was in no segment says nothing.
    """
    B = len(models.seen)
    member = visits.segment >= 0
    row, shop = visits.row, visits.shop[visits.row]
    ratio = log_ratios(np.maximum(models.sums, 0.0), smoothing)
    added = visits.added * member[row]
    nats = added * ratio[shop, np.maximum(visits.segment, 0)[row], visits.dimension]
    return (
        np.bincount(visits.shop, weights=member, minlength=B).astype(np.int64),
        np.bincount(shop, weights=nats, minlength=B).astype(np.float64),
        np.bincount(shop, weights=added, minlength=B).astype(np.float64),
    )
