"""A shop's segments sought anew in the sample of its visitors, whose bytes are in keyed state."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from operators.learn_visits import Assigned
from operators.maths.fit_segments import softmax
from operators.maths.refit_segments import moved_sums, refit_due, refit_segments
from operators.maths.segment_scores import Floats, Ints, log_ratios, scores
from operators.maths.visitor_sample import fitting_threshold
from operators.shop_segments import ShopSegments, ShopSettings, hash01
from state.segment_model import SegmentModel
from state.visitor_segment import VisitorSegment

Sample = Mapping[str, VisitorSegment]


@dataclass(frozen=True)
class Refitted:
    """shop : as it is now. moved : visitors who are in another segment, and the news of them.

    left : visitors who left the sample, without their vectors.
    """

    shop: ShopSegments
    moved: dict[str, VisitorSegment]
    news: list[Assigned]
    left: dict[str, VisitorSegment]


def is_due(shop: ShopSegments, settings: ShopSettings) -> bool:
    """Whether the shop has had enough visits since its last refit."""
    model = shop.model
    return bool(refit_due(np.array([model.seen]), np.array([model.refitted_at]), settings.refits)[0])


def refit_shop(name: str, shop: ShopSegments, sample: Sample, settings: ShopSettings) -> Refitted:
    """Seek better segments; visitors of the sample move at once, the others at their next visit.

    sample : the visitors in it, with their vectors.
    """
    model, segments = shop.model, settings.segments
    sample = dict(sorted(sample.items()))  # as keyed state gives it, the order may be any
    hashes = {visitor: hash01(visitor) for visitor in sample}
    threshold = fitting_threshold(np.array(list(hashes.values())), model.threshold, settings.sample)
    stays = {visitor: of for visitor, of in sample.items() if hashes[visitor] < threshold}
    labels = np.array([of.segment for of in stays.values()], dtype=np.int64)
    left = _left(list(stays.values()), model, segments.half_lives.long_ms)
    X = _vectors(list(stays.values()), left, len(model.sales))
    found = refit_segments(
        X.astype(np.float32),
        labels,
        segments.smoothing,
        model.latest_ms - model.first_ms >= segments.hysteresis.settling_ms,
        settings.refits,
        seed=int(hash01(name) * 2**31) + model.seen,
    )
    after = replace(
        model,
        sums=moved_sums(model.sums, X, labels, found.labels),
        tallies=_moved_visitors(model.tallies, left, labels, found.labels),
        refitted_at=model.seen,
        threshold=threshold,
    )
    shop = replace(shop, model=after)
    moves = np.flatnonzero(found.labels != labels)
    movers = [list(stays)[at] for at in moves]
    news = _news(name, shop, [stays[visitor] for visitor in movers], found.labels[moves], X[moves], settings)
    return Refitted(
        shop=shop,
        moved={visitor: _moved(stays[visitor], of.segment) for visitor, of in zip(movers, news, strict=True)},
        news=[replace(of, visitor=visitor) for visitor, of in zip(movers, news, strict=True)],
        left={
            v: replace(of, at_ms=0, since_ms=0, dimensions=(), counts=())
            for v, of in sample.items()
            if v not in stays
        },
    )


def _moved(was: VisitorSegment, segment: int) -> VisitorSegment:
    return replace(was, segment=segment, challenger=-1, streak=0, told_ms=was.at_ms)


def _news(
    shop_id: str,
    shop: ShopSegments,
    before: list[VisitorSegment],
    labels: Ints,
    X: Floats,
    settings: ShopSettings,
) -> list[Assigned]:
    """Of n visitors, as they were `before`; labels (n,), X (n, D) : where they are now, and their vectors."""
    segments, names = settings.segments, shop.names()
    sums = np.maximum(shop.model.sums, 0.0)
    sure = softmax(scores(X, sums, segments.smoothing) * segments.hysteresis.certainty)
    nats = X * log_ratios(sums, segments.smoothing)[labels]
    best = np.argsort(-nats, axis=1)[:, : settings.reasons]
    return [
        Assigned(
            visitor="",
            shop=shop_id,
            before=was.segment,
            segment=int(label),
            confidence=float(sure[at, label]),
            at_ms=was.at_ms,
            since_ms=was.since_ms,
            why=tuple((names[d], float(nats[at, d])) for d in best[at] if nats[at, d] > 0 and names[d]),
            first_row=-1,
        )
        for at, (was, label) in enumerate(zip(before, labels, strict=True))
    ]


def _left(sample: list[VisitorSegment], model: SegmentModel, half_life_ms: int) -> Floats:
    """(n,) what the shop's latest event leaves of each one's last visit."""
    at_ms = np.array([of.at_ms for of in sample], dtype=np.int64)
    return np.asarray(np.exp2((at_ms - model.latest_ms) / half_life_ms))


def _vectors(sample: list[VisitorSegment], left: Floats, dimensions: int) -> Floats:
    """(n, D) as of the shop's latest event."""
    X = np.zeros((len(sample), dimensions))
    for row, of, part in zip(X, sample, left.tolist(), strict=True):
        row[list(of.dimensions)] = np.array(of.counts) * part
    return X


def _moved_visitors(tallies: Floats, left: Floats, before: Ints, after: Ints) -> Floats:
    """Visitors, the first tally, go where their vectors go; visits stay where they were made."""
    visitors = moved_sums(tallies[:, :1], left[:, None], before, after)
    return np.concatenate([visitors, tallies[:, 1:]], axis=1)
