"""What a refit found is carried out: visitors move with their vectors, whose bytes are in keyed state."""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.affinities import affinities_of
from operators.maths.segments.fit_segments import softmax
from operators.maths.segments.refit_segments import moved_sums
from operators.maths.segments.segment_scores import log_ratios, scores
from operators.segments.learn_visits import Assigned
from operators.segments.seek_segments import Sample, Sought, left, seek_segments, vectors
from operators.segments.shop_parts import with_rest
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash01
from state.visitor_segment import VisitorSegment


@dataclass(frozen=True)
class Refitted:
    """shop : as it is now. moved : visitors who are in another segment, and the news of them.

    left : visitors who left the sample, without their vectors.
    """

    shop: ShopSegments
    moved: dict[str, VisitorSegment]
    news: list[Assigned]
    left: dict[str, VisitorSegment]


def refit_shop(name: str, shop: ShopSegments, sample: Sample, settings: ShopSettings) -> Refitted:
    """Seek better segments; visitors of the sample move at once, the others at their next visit.

    sample : the visitors in it, with their vectors.
    """
    return carry_out(seek_segments(name, shop, sample, settings), name, shop, sample, settings)


def carry_out(
    sought: Sought,
    name: str,
    shop: ShopSegments,
    sample: Sample,
    settings: ShopSettings,
    rest: ShopSegments | None = None,
) -> Refitted:
    """Move visitors to the segments that were found, and their counts with them.

    shop, sample : where `rest` is given, those of a part of the shop; the rest of it decides with them how
        sure the visitors' segments are.
    """
    long_ms = settings.segments.half_lives.long_ms
    movers = {v: sample[v] for v in sorted(sample.keys() & sought.labels) if sample[v].dimensions}
    members = list(movers.values())
    remaining = left(members, shop.model, long_ms)
    X = vectors(members, remaining, len(shop.model.sales))
    before = np.array([of.segment for of in members], dtype=np.int64)
    labels = np.array([sought.labels[visitor] for visitor in movers], dtype=np.int64)
    after = replace(
        shop.model,
        sums=moved_sums(shop.model.sums, X, before, labels),
        tallies=_moved_visitors(shop.model.tallies, remaining, before, labels),
        refitted_at=sought.refitted_at,
        threshold=sought.threshold,
    )
    shop = replace(shop, model=after)
    whole = shop if rest is None else with_rest(shop, rest, settings)
    news = _news(name, whole, movers, labels, X, settings)
    moved = {of.visitor: _moved(movers[of.visitor], of.segment) for of in news}
    leaving = {v: moved.get(v, of) for v, of in sample.items() if hash01(v) >= sought.threshold}
    return Refitted(
        shop=shop,
        moved=moved,
        news=news,
        left={v: replace(of, at_ms=0, since_ms=0, dimensions=(), counts=()) for v, of in leaving.items()},
    )


def _moved(was: VisitorSegment, segment: int) -> VisitorSegment:
    return replace(was, segment=segment, challenger=-1, streak=0, told_ms=was.at_ms)


def _news(
    shop_id: str,
    shop: ShopSegments,
    before: Sample,
    labels: Ints,
    X: Floats,
    settings: ShopSettings,
) -> list[Assigned]:
    """Of n visitors, as they were `before`; labels (n,), X (n, D) : where they are now, and their vectors."""
    segments, names = settings.segments, shop.names()
    sums = np.maximum(shop.model.sums, 0.0)
    sure = softmax(scores(X, sums, segments.smoothing) * segments.hysteresis.certainty)
    nats = X * log_ratios(sums, segments.smoothing)[labels]
    leanings = affinities_of(X, sums, segments.smoothing)
    best = np.argsort(-nats, axis=1)[:, : settings.reasons]
    return [
        Assigned(
            visitor=visitor,
            shop=shop_id,
            before=was.segment,
            segment=int(label),
            confidence=float(sure[at, label]),
            at_ms=was.at_ms,
            since_ms=was.since_ms,
            why=tuple((names[d], float(nats[at, d])) for d in best[at] if nats[at, d] > 0 and names[d]),
            affinities=tuple(leanings[at].tolist()),
            first_row=-1,
        )
        for at, ((visitor, was), label) in enumerate(zip(before.items(), labels, strict=True))
    ]


def _moved_visitors(tallies: Floats, left: Floats, before: Ints, after: Ints) -> Floats:
    """Visitors, the first tally, go where their vectors go; visits stay where they were made."""
    visitors = moved_sums(tallies[:, :1], left[:, None], before, after)
    return np.concatenate([visitors, tallies[:, 1:]], axis=1)
