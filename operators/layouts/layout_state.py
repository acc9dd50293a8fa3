"""Between the bytes of single shops in keyed state and the arrays of many shops that the bandit takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.layouts.layout_bandit import Bools, LayoutArms
from state.layout_arms import SUMS, ShopLayouts

MOST_LAYOUTS_KEPT = 64
MOST_SEGMENTS_KEPT = 64
"""A shop has some; more are somebody's mistake, and would grow its state without end."""


@dataclass(frozen=True)
class StackedShops:
    """Shops one below the other, and their layouts side by side, filled up to the most that one has.

    first : (S,) the first row of each shop. offered, probabilities : (P, A).
    """

    shops: tuple[ShopLayouts, ...]
    first: Ints
    arms: LayoutArms
    offered: Bools
    probabilities: Floats


def offer(shop: ShopLayouts, layouts: tuple[str, ...], at_ms: int) -> ShopLayouts:
    """The shop once it has decided what to offer; unchanged where it has decided so or anew since then."""
    if at_ms < shop.offered_ms or (at_ms, layouts) == (shop.offered_ms, shop.offered):
        return shop
    decided = replace(shop, offered=layouts, offered_ms=at_ms, at_ms=max(at_ms, shop.at_ms))
    return with_names(replace(decided, absorbed=shop.absorbed + 1), (), layouts)


def with_names(shop: ShopLayouts, segments: Sequence[str], layouts: Sequence[str]) -> ShopLayouts:
    """The shop with room for these too."""
    rows = tuple(dict.fromkeys((*shop.segments, *segments)))
    columns = tuple(dict.fromkeys((*shop.layouts, *layouts)))
    P, A = len(shop.segments), len(shop.layouts)
    if (len(rows), len(columns)) == (P, A):
        return shop
    sums, probabilities = np.zeros((len(rows), len(columns), SUMS)), np.zeros((len(rows), len(columns)))
    sums[:P, :A], probabilities[:P, :A] = shop.sums, shop.probabilities
    latest_ms = np.zeros(len(rows), dtype=np.int64)
    latest_ms[:P] = shop.latest_ms
    return replace(
        shop, segments=rows, layouts=columns, sums=sums, probabilities=probabilities, latest_ms=latest_ms
    )


def stack(shops: Sequence[ShopLayouts]) -> StackedShops:
    """The shops in their order."""
    sizes = [len(shop.segments) for shop in shops]
    P, A = sum(sizes), max((len(shop.layouts) for shop in shops), default=0)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    sums, offered, probabilities = np.zeros((P, A, SUMS)), np.zeros((P, A), dtype=bool), np.zeros((P, A))
    for shop, start, size in zip(shops, first, sizes, strict=True):
        part, columns = slice(start, start + size), slice(len(shop.layouts))
        sums[part, columns], probabilities[part, columns] = shop.sums, shop.probabilities
        offered[part, columns] = np.isin(shop.layouts, shop.offered)
    latest_ms = np.concatenate([shop.latest_ms for shop in shops])
    return StackedShops(tuple(shops), first, arms_of(sums, latest_ms), offered, probabilities)


def arms_of(sums: Floats, latest_ms: Ints) -> LayoutArms:
    """sums : (P, A, 4), as `ShopLayouts` has them."""
    exposures, conversions, revenue, squares = np.moveaxis(sums, 2, 0)
    return LayoutArms(exposures, conversions, revenue, squares, latest_ms)


def unstack(stacked: StackedShops, arms: LayoutArms, probabilities: Floats) -> list[ShopLayouts]:
    """Each shop for itself, with the arms and probabilities (P, A) that it has now."""
    sums = np.stack([arms.exposures, arms.conversions, arms.revenue, arms.revenue_squares], axis=2)
    found = []
    for shop, start in zip(stacked.shops, stacked.first, strict=True):
        part = slice(start, start + len(shop.segments))
        columns = slice(len(shop.layouts))
        now = replace(
            shop,
            sums=sums[part, columns],
            probabilities=probabilities[part, columns],
            latest_ms=arms.latest_ms[part],
        )
        found.append(_within_bounds(now))
    return found


def _within_bounds(shop: ShopLayouts) -> ShopLayouts:
    """Without the layouts and segments that were least exposed, where there are too many."""
    if len(shop.layouts) <= MOST_LAYOUTS_KEPT and len(shop.segments) <= MOST_SEGMENTS_KEPT:
        return shop
    shown = shop.sums[:, :, 0]
    ranked = np.where(np.isin(shop.layouts, shop.offered), np.inf, shown.sum(axis=0))
    columns = np.sort(np.argsort(-ranked, kind="stable")[:MOST_LAYOUTS_KEPT])
    rows = np.sort(np.argsort(-shown.sum(axis=1), kind="stable")[:MOST_SEGMENTS_KEPT])
    return replace(
        shop,
        layouts=tuple(shop.layouts[column] for column in columns),
        segments=tuple(shop.segments[row] for row in rows),
        sums=shop.sums[np.ix_(rows, columns)],
        probabilities=shop.probabilities[np.ix_(rows, columns)],
        latest_ms=shop.latest_ms[rows],
    )
