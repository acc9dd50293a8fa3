"""What the parts of a hot shop hold, merged: its segments sought anew, and what each part is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Ints
from operators.segments.seek_segments import Sought, is_due, seek_segments
from operators.segments.shop_parts import merged, places
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash64
from state.rest_of_shop import RestOfShop
from state.shop_part import ShopPart
from state.visitor_segment import VisitorSegment

Parts = Mapping[int, ShopPart]


@dataclass(frozen=True)
class MergedShop:
    """shop : all of its parts. rests : what each part is told of the others. refitted : just now."""

    shop: ShopSegments
    rests: dict[int, RestOfShop]
    refitted: bool


def merge_shop(
    name: str, parts: Parts, told: Mapping[int, RestOfShop], now_ms: int, settings: ShopSettings
) -> MergedShop:
    """Merge the parts; seek better segments if enough has been seen and the last refit was carried out.

    parts : at least one, as they last said. told : what they were told. now_ms : processing time; a refit's
    number, so that one of a run that crashed is never taken for one that came after it.
    """
    shops = {at: ShopSegments(part.model, part.categories) for at, part in parts.items()}
    whole = merged(list(shops.values()), settings)
    refit = max((rest.refit for rest in told.values()), default=0)
    refitted_at = max((rest.refitted_at for rest in told.values()), default=0)
    whole = replace(whole, model=replace(whole.model, refitted_at=refitted_at))
    waiting = {at for at, part in parts.items() if part.refit < refit}
    moves = {at: told[at].moves for at in waiting if at in told}
    refitted = not waiting and is_due(whole, settings)
    if refitted:
        sought = seek_segments(name, whole, _sample(parts, shops, whole, settings), settings)
        moves = {at: _moves(part, sought) for at, part in parts.items()}
        refit, refitted_at = now_ms, sought.refitted_at
        model = replace(whole.model, refitted_at=refitted_at, threshold=sought.threshold)
        whole = replace(whole, model=model)
    rests = {}
    for at in parts:
        others = merged([shop for other, shop in shops.items() if other != at], settings)
        model = replace(others.model, threshold=whole.model.threshold)
        rests[at] = RestOfShop(model, others.categories, refit, refitted_at, moves.get(at, {}))
    return MergedShop(whole, rests, refitted)


def _moves(part: ShopPart, sought: Sought) -> dict[int, int]:
    return {hash64(visitor): sought.labels[visitor] for visitor in part.sample.keys() & sought.labels}


def _sample(
    parts: Parts, shops: Mapping[int, ShopSegments], whole: ShopSegments, settings: ShopSettings
) -> dict[str, VisitorSegment]:
    """The sampled visitors of all parts, in the dimensions of the whole."""
    sample: dict[str, VisitorSegment] = {}
    for at, part in parts.items():
        place = places(whole, shops[at], settings)
        sample |= {visitor: _placed(of, place) for visitor, of in part.sample.items() if of.dimensions}
    return sample


def _placed(member: VisitorSegment, place: Ints) -> VisitorSegment:
    """Two dimensions of a part may be one of the whole."""
    found, at = np.unique(place[list(member.dimensions)], return_inverse=True)
    counts = np.bincount(at, weights=member.counts)
    return replace(member, dimensions=tuple(found.tolist()), counts=tuple(counts.tolist()))
