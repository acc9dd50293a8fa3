"""One micro-batch of outcomes into what the layouts of the shops it touches have earned, and from whom."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from operators.layouts.layout_state import MOST_LAYOUTS_KEPT
from operators.layouts.outcome_rows import OutcomeRows
from operators.maths.arrays import Floats
from operators.maths.layouts.linear_bandit import (
    LinearSettings,
    dimensions,
    features,
    moments,
    posterior,
    update_sums,
)
from schemas.layouts import LinearPolicy
from state.layout_moments import ShopMoments


def absorb_affinities(
    shops: Mapping[str, ShopMoments], rows: OutcomeRows, settings: LinearSettings
) -> dict[str, ShopMoments]:
    """Fold in the rows that were decided by affinities; a shop that has none of them stays as it was.

    shops : every shop of such a row. Exposures that were logged without affinities say nothing here.
    """
    told = [row for row, of in enumerate(rows.affinities) if of]
    layouts: dict[str, list[str]] = {name: [] for name in shops}
    for row in told:
        layouts[rows.shop[row]].append(rows.layout[row])
    named = {name: _with_layouts(shop, layouts[name]) for name, shop in shops.items()}
    if not told:
        return named
    place = {name: at for at, name in enumerate(named)}
    arm = (
        np.array([place[rows.shop[row]] for row in told]),
        np.array([named[rows.shop[row]].layouts.index(rows.layout[row]) for row in told]),
    )
    latest_ms = np.array([shop.latest_ms for shop in named.values()])
    at_ms = np.array([rows.at_ms[row] for row in told])
    sums = _stacked(list(named.values()))
    brought = _brought(rows, told, sums.shape[2])
    sums, latest_ms = update_sums(sums, latest_ms, arm, at_ms, brought, settings.half_life_ms)
    return {
        name: _within_bounds(replace(shop, sums=sums[at, : len(shop.layouts)], latest_ms=int(latest_ms[at])))
        for at, (name, shop) in enumerate(named.items())
    }


def linear_policies(
    shops: Mapping[str, ShopMoments],
    offered: Mapping[str, tuple[str, ...]],
    by_revenue: bool,
    settings: LinearSettings,
) -> dict[str, LinearPolicy]:
    """By what storefronts choose; without shops that have earned nothing yet, or offer nothing.

    offered : of each of the shops.
    """
    named = {name: shop for name, shop in shops.items() if shop.layouts and offered[name]}
    if not named:
        return {}
    found = posterior(_stacked(list(named.values())), by_revenue, settings)
    row, column = np.triu_indices(found.mean.shape[2])
    covariance = settings.spread**2 * found.covariance[:, :, row, column]
    numbers = np.concatenate([found.mean, covariance], axis=2)
    policies = {}
    for at, (name, shop) in enumerate(named.items()):
        if found.known[at]:
            place = {layout: number for number, layout in enumerate(shop.layouts)}
            mine = numbers[at, [place.get(layout, -1) for layout in offered[name]]]
            policies[name] = LinearPolicy(settings.floor, tuple(map(tuple, mine.tolist())))
    return policies


def _stacked(shops: Sequence[ShopMoments]) -> Floats:
    """(B, A, M), A one more than the most layouts that one has: the last stands for layouts never shown."""
    most = 1 + max(len(shop.layouts) for shop in shops)
    sums = np.zeros((len(shops), most, shops[0].sums.shape[1]))
    for stacked, shop in zip(sums, shops, strict=True):
        stacked[: len(shop.layouts)] = shop.sums
    return sums


def _with_layouts(shop: ShopMoments, layouts: list[str]) -> ShopMoments:
    names = tuple(dict.fromkeys((*shop.layouts, *layouts)))
    new = np.zeros((len(names) - len(shop.layouts), shop.sums.shape[1]))
    return replace(shop, layouts=names, sums=np.concatenate([shop.sums, new]))


def _brought(rows: OutcomeRows, told: list[int], width: int) -> Floats:
    """(n, M) of the rows `told`; affinities beyond the state's are left out, missing ones 0."""
    K = dimensions(width) - 1
    known = np.zeros((len(told), K))
    for at, row in enumerate(told):
        said = rows.affinities[row][:K]
        known[at, : len(said)] = said
    amounts = rows.exposures, rows.conversions, rows.revenue
    columns = (np.array([amount[row] for row in told], dtype=np.float64) for amount in amounts)
    return moments(features(known), *columns)


def _within_bounds(shop: ShopMoments) -> ShopMoments:
    """Without the layouts that were least exposed, where there are too many."""
    if len(shop.layouts) <= MOST_LAYOUTS_KEPT:
        return shop
    kept = np.sort(np.argsort(-shop.sums[:, 0], kind="stable")[:MOST_LAYOUTS_KEPT])
    return replace(shop, layouts=tuple(shop.layouts[at] for at in kept), sums=shop.sums[kept])
