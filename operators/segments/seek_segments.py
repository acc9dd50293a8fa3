"""Better segments for a shop, sought in the sample of its visitors; nobody moves yet."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.refit_segments import refit_due, refit_segments
from operators.maths.segments.visitor_sample import fitting_threshold
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash01
from state.segment_model import SegmentModel
from state.visitor_segment import VisitorSegment

Sample = Mapping[str, VisitorSegment]


@dataclass(frozen=True)
class Sought:
    """labels : visitors of the sample who are to be in another segment -> which.

    threshold : of the sample from now on. refitted_at : visits of the shop, all of its parts.
    """

    labels: dict[str, int]
    threshold: float
    refitted_at: int


def is_due(shop: ShopSegments, settings: ShopSettings) -> bool:
    """Whether the shop has had enough visits since its last refit."""
    model = shop.model
    return bool(refit_due(np.array([model.seen]), np.array([model.refitted_at]), settings.refits)[0])


def seek_segments(name: str, shop: ShopSegments, sample: Sample, settings: ShopSettings) -> Sought:
    """Seek better segments; in any order of the sample the same.

    sample : the visitors in it, with their vectors.
    """
    model, segments = shop.model, settings.segments
    threshold = sample_threshold(sample, model.threshold, settings)
    stays = {visitor: of for visitor, of in sorted(sample.items()) if hash01(visitor) < threshold}
    members = list(stays.values())
    labels = np.array([of.segment for of in members], dtype=np.int64)
    X = vectors(members, left(members, model, segments.half_lives.long_ms), len(model.sales))
    found = refit_segments(
        X.astype(np.float32),
        labels,
        segments.smoothing,
        model.latest_ms - model.first_ms >= segments.hysteresis.settling_ms,
        settings.refits,
        seed=int(hash01(name) * 2**31) + model.seen,
    )
    moves = np.flatnonzero(found.labels != labels)
    names = list(stays)
    return Sought({names[at]: int(found.labels[at]) for at in moves}, threshold, model.seen)


def sample_threshold(sample: Sample, threshold: float, settings: ShopSettings) -> float:
    """Lowered until no more visitors are in the sample than it may hold."""
    return fitting_threshold(np.array([hash01(visitor) for visitor in sample]), threshold, settings.sample)


def left(members: list[VisitorSegment], model: SegmentModel, half_life_ms: int) -> Floats:
    """(n,) what the shop's latest event leaves of each one's last visit."""
    at_ms = np.array([of.at_ms for of in members], dtype=np.int64)
    return np.asarray(np.exp2((at_ms - model.latest_ms) / half_life_ms))


def vectors(members: list[VisitorSegment], left: Floats, dimensions: int) -> Floats:
    """(n, D) as of the shop's latest event."""
    X = np.zeros((len(members), dimensions))
    for row, of, part in zip(X, members, left.tolist(), strict=True):
        row[list(of.dimensions)] = np.array(of.counts) * part
    return X
