"""One micro-batch of visits at the shops of a shard, as the job and its evaluation run it, without Flink."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.affinities import affinities, knows_more
from operators.maths.segments.assign_segments import Assignments, reasons
from operators.maths.segments.segment_fit import segment_fit
from operators.maths.segments.segment_models import SegmentModels, merge
from operators.maths.segments.update_segments import update_segments
from operators.maths.strongest import strongest
from operators.segments.segment_state import by_width, no_segments, stack_models, unstack_models, widened
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash01, with_categories_of
from operators.segments.visit_rows import VisitRows
from operators.segments.visits_of_rows import BatchVisits, Member, visits_of_rows
from state.segment_model import SegmentModel
from state.visitor_segment import VisitorSegment

Rest = Callable[[ShopSegments], SegmentModel]
"""What counts beside a shop's own sums when its visitors are assigned, in the shop's dimensions."""

NO_RESTS: Mapping[str, Rest] = MappingProxyType({})

WIDTHS = (16, 64, 192)
"""Shops up to so many dimensions are updated side by side; wider ones in a class of their own."""


@dataclass(frozen=True)
class Assigned:
    """What became of a visitor at a shop.

    before : the segment until now, -1 for none. why : categories and the nats that each says for it.
    affinities : to each segment.
    first_row : of the visitor in the batch.
    """

    visitor: str
    shop: str
    before: int
    segment: int
    confidence: float
    at_ms: int
    since_ms: int
    why: tuple[tuple[str, float], ...]
    affinities: tuple[float, ...]
    first_row: int


@dataclass(frozen=True)
class Learned:
    """What a batch changed: shops; members, and those of them who joined the sample; and what is news.

    fit : of each shop, visits of members, nats and counts: see `segment_fit`.
    """

    shops: dict[str, ShopSegments]
    members: dict[Member, VisitorSegment]
    joined: list[Member]
    news: list[Assigned]
    fit: dict[str, tuple[int, float, float]]


def learn_visits(
    shops: Mapping[str, ShopSegments],
    members: Mapping[Member, VisitorSegment | None],
    rows: VisitRows,
    settings: ShopSettings,
    rests: Mapping[str, Rest] = NO_RESTS,
) -> Learned:
    """Assign the visitors of a batch by what was known before it, then learn from it.

    shops, members : of every shop and every member in `rows`, which are visits only. A visitor without a
        member is new, and so is one whose vector begins anew: what was known of it has expired.
    rests : of parts of hot shops, what the other parts hold; of new shops, their industry.
    """
    learned = Learned({}, {}, [], [], {})
    if not len(rows):
        return learned
    known = with_categories_of(shops, rows, settings)
    batch = visits_of_rows(rows, known, members, settings)
    models = [shop.model for shop in known.values()]
    for places in by_width(models, WIDTHS):
        which, part = batch.visits.of_shops(places)
        before = stack_models([models[at] for at in places])
        rest = _rest([batch.shops[at] for at in places], known, rests)
        after, found = update_segments(before, part, settings.segments, rest)
        whole = before if rest is None else merge(before, rest, settings.segments.half_lives)
        nats = reasons(whole, part, found.segment, settings.segments.smoothing)
        why = strongest(part.row, part.dimension, nats, len(part), settings.reasons)
        fit = zip(*segment_fit(whole, part, settings.segments.smoothing), strict=True)
        for at, (visits, gained, counts) in zip(places, fit, strict=True):
            learned.fit[batch.shops[at]] = int(visits), float(gained), float(counts)
        for at, model in zip(places, unstack_models(after, [models[at] for at in places]), strict=True):
            shop = batch.shops[at]
            learned.shops[shop] = known[shop].followed_by(model, batch.sold[at], settings)
        leanings = affinities(whole, part, settings.segments.smoothing)
        here = _Part(batch, which, found, why, leanings, knows_more(part), known)
        for n in range(len(which)):
            _learn_member(learned, here, n, settings)
    return learned


def _rest(
    names: list[str],
    shops: Mapping[str, ShopSegments],
    rests: Mapping[str, Rest],
) -> SegmentModels | None:
    """What counts beside the shops' own sums; None: nothing anywhere."""
    if not rests.keys() & names:
        return None
    return stack_models([rests.get(name, _nothing)(shops[name]) for name in names])


def _nothing(shop: ShopSegments) -> SegmentModel:
    return widened(no_segments(len(shop.model.sums)), len(shop.model.sales))


@dataclass(frozen=True)
class _Part:
    """Visits `which` of a batch, and what was found for each."""

    batch: BatchVisits
    which: Ints
    found: Assignments
    why: list[list[tuple[int, float]]]
    affinities: Floats
    knows_more: NDArray[np.bool_]
    shops: Mapping[str, ShopSegments]

    def assigned(self, n: int) -> Assigned:
        visit = int(self.which[n])
        shop, visitor = self.batch.members[visit]
        names = self.shops[shop].names()
        return Assigned(
            visitor=visitor,
            shop=shop,
            before=int(self.batch.visits.segment[visit]),
            segment=int(self.found.segment[n]),
            confidence=float(self.found.confidence[n]),
            at_ms=int(self.batch.visits.at_ms[visit]),
            since_ms=int(self.batch.since_ms[visit]),
            why=tuple((names[d], nats) for d, nats in self.why[n] if names[d]),
            affinities=tuple(self.affinities[n].tolist()),
            first_row=int(self.batch.first_row[visit]),
        )

    def vector(self, n: int) -> tuple[Ints, Floats]:
        """Dimensions and counts after the visit."""
        visits = self.batch.visits
        start, end = np.searchsorted(visits.row, [self.which[n], self.which[n] + 1])
        return visits.dimension[start:end], visits.before[start:end] + visits.added[start:end]


def _learn_member(learned: Learned, part: _Part, n: int, settings: ShopSettings) -> None:
    """Keep what is new of a visitor; nothing is written of one who stays as it was."""
    visit = int(part.which[n])
    member, before = part.batch.members[visit], part.batch.before[visit]
    segment, at_ms = int(part.found.segment[n]), int(part.batch.visits.at_ms[visit])
    is_late = at_ms - before.told_ms >= settings.tell_again_ms
    is_told = segment != before.segment or is_late
    is_sampled = hash01(member[1]) < part.shops[member[0]].model.threshold
    dimensions, counts = part.vector(n) if is_sampled else ((), ())
    after = VisitorSegment(
        segment=segment,
        challenger=int(part.found.challenger[n]),
        streak=int(part.found.streak[n]),
        at_ms=at_ms if is_sampled else 0,
        told_ms=at_ms if is_told else before.told_ms,
        since_ms=int(part.batch.since_ms[visit]) if is_sampled else 0,
        dimensions=tuple(map(int, dimensions)),
        counts=tuple(map(float, counts)),
    )
    if after != before:
        learned.members[member] = after
    if is_sampled and not before.dimensions:
        learned.joined.append(member)
    if is_told or part.knows_more[n]:
        learned.news.append(part.assigned(n))
