"""A hot shop in parts: each keeps the sums of its own visitors, all of them are the shop.

Parts name dimensions in the order in which their own visitors touched categories, so what they hold is
brought into one order before it adds up. Where a shop has more categories than dimensions, one of them may
have a dimension of its own in one part and a shared one in another: told apart less, and never lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.name_dimensions import name_dimensions
from operators.maths.segments.segment_models import HalfLives, SegmentModels, merge
from operators.segments.segment_state import stack_models, unstack_models, widened
from operators.segments.shop_segments import ShopSegments, ShopSettings
from state.rest_of_shop import RestOfShop
from state.segment_model import SegmentModel


def knowing(shop: ShopSegments, others: Iterable[ShopSegments], settings: ShopSettings) -> ShopSegments:
    """The shop with dimensions for the others' categories too, behind its own, and as wide as they are."""
    for other in others:
        categories = other.categories
        shop = shop.with_categories(categories.hashes, list(categories.names), settings)
        width = max(len(shop.model.sales), len(other.model.sales))
        shop = replace(shop, model=widened(shop.model, width))
    return shop


def merged(parts: Sequence[ShopSegments], settings: ShopSettings) -> ShopSegments:
    """The whole shop; without parts, a new one.

    Its sample is the union of theirs above the lowest threshold, and `refitted_at` the latest of theirs.
    """
    whole = knowing(ShopSegments.new(settings), parts, settings)
    aligned = [in_order_of(whole, part, settings) for part in parts]
    return replace(whole, model=_sum([whole.model, *aligned], settings.segments.half_lives))


def with_rest(part: ShopSegments, rest: ShopSegments, settings: ShopSettings) -> ShopSegments:
    """The whole shop in the part's order of dimensions, which knows the categories of the rest."""
    model = in_order_of(part, rest, settings)
    return replace(part, model=_sum([part.model, model], settings.segments.half_lives))


def in_order_of(whole: ShopSegments, part: ShopSegments, settings: ShopSettings) -> SegmentModel:
    """The part's model with the dimensions of the whole, which knows all its categories."""
    place = places(whole, part, settings)
    width = len(whole.model.sales)
    sums = np.zeros((width, len(part.model.sums)))
    np.add.at(sums, place, part.model.sums.T)
    sales = np.bincount(place, weights=part.model.sales, minlength=width)
    return replace(part.model, sums=np.ascontiguousarray(sums.T), sales=np.asarray(sales, dtype=np.float64))


def places(whole: ShopSegments, part: ShopSegments, settings: ShopSettings) -> Ints:
    """(D,) of each dimension of the part, which it is of the whole."""
    hashes = part.categories.hashes
    named = name_dimensions(
        np.zeros(len(hashes), dtype=np.int64),
        hashes,
        [whole.categories.hashes],
        settings.own,
        settings.shared,
    )
    return np.concatenate([named, np.arange(len(hashes), len(part.model.sales))])


def _sum(models: Sequence[SegmentModel], half_lives: HalfLives) -> SegmentModel:
    """Of equally wide models, as of the latest event of any."""
    total = reduce(lambda a, b: merge(a, b, half_lives), map(_alone, models))
    (model,) = unstack_models(total, models[:1])
    left = [np.exp2((of.latest_ms - model.latest_ms) / half_lives.long_ms) for of in models]
    sales: Floats = np.sum([of.sales * part for of, part in zip(models, left, strict=True)], axis=0)
    return replace(
        model,
        sales=sales,
        refitted_at=max(of.refitted_at for of in models),
        threshold=min(of.threshold for of in models),
    )


def _alone(model: SegmentModel) -> SegmentModels:
    return stack_models([model])


def elsewhere(rest: RestOfShop, settings: ShopSettings) -> Callable[[ShopSegments], SegmentModel]:
    """For `learn_visits`: what the other parts hold, for a part that knows their categories."""
    others = ShopSegments(rest.model, rest.categories)
    return lambda part: in_order_of(part, others, settings)
