"""One micro-batch of outcomes into what the layouts of the shops it touches have earned, and from whom."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from operators.layouts.layout_state import MOST_LAYOUTS_KEPT
from operators.layouts.outcome_rows import OutcomeRows
from operators.maths.arrays import Floats
from operators.maths.layouts.linear_bandit import (
    LinearSettings,
    features,
    moments,
    posterior,
    sums_width,
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
    named = {name: _with_layouts(shop, _layouts(rows, told, name)) for name, shop in shops.items()}
    if not told:
        return named
    place = {name: at for at, name in enumerate(named)}
    most = max(len(shop.layouts) for shop in named.values())
    width = next(iter(named.values())).sums.shape[1]
    sums = np.zeros((len(named), most, width))
    for stacked, shop in zip(sums, named.values(), strict=True):
        stacked[: len(shop.layouts)] = shop.sums
    arm = (
        np.array([place[rows.shop[row]] for row in told]),
        np.array([named[rows.shop[row]].layouts.index(rows.layout[row]) for row in told]),
    )
    latest_ms = np.array([shop.latest_ms for shop in named.values()])
    at_ms = np.array([rows.at_ms[row] for row in told])
    brought = _brought(rows, told, width)
    sums, latest_ms = update_sums(sums, latest_ms, arm, at_ms, brought, settings.half_life_ms)
    return {
        name: _within_bounds(replace(shop, sums=sums[at, : len(shop.layouts)], latest_ms=int(latest_ms[at])))
        for at, (name, shop) in enumerate(named.items())
    }


def linear_policy(
    shop: ShopMoments, offered: tuple[str, ...], by_revenue: bool, settings: LinearSettings
) -> LinearPolicy | None:
    """What storefronts choose by; None: nothing has been earned yet, or there is nothing to choose."""
    column = {layout: at for at, layout in enumerate(shop.layouts)}
    if not column or not offered:
        return None
    new = np.zeros((len(set(offered) - column.keys()), shop.sums.shape[1]))
    everything = np.concatenate([shop.sums, new])
    found = posterior(everything[None], by_revenue, settings)
    if not found.known[0]:
        return None
    row, upper = np.triu_indices(found.mean.shape[2])
    fresh = iter(range(len(shop.layouts), len(everything)))
    places = [column[layout] if layout in column else next(fresh) for layout in offered]
    covariance = settings.spread**2 * found.covariance[0][:, row, upper]
    numbers = np.concatenate([found.mean[0], covariance], axis=1)[places]
    return LinearPolicy(settings.floor, tuple(map(tuple, numbers.tolist())))


def _layouts(rows: OutcomeRows, told: list[int], shop: str) -> list[str]:
    return [rows.layout[row] for row in told if rows.shop[row] == shop]


def _with_layouts(shop: ShopMoments, layouts: list[str]) -> ShopMoments:
    names = tuple(dict.fromkeys((*shop.layouts, *layouts)))
    new = np.zeros((len(names) - len(shop.layouts), shop.sums.shape[1]))
    return replace(shop, layouts=names, sums=np.concatenate([shop.sums, new]))


def _brought(rows: OutcomeRows, told: list[int], width: int) -> Floats:
    """(n, M) of the rows `told`; affinities beyond the state's are left out, missing ones 0."""
    K = next(k for k in range(width) if sums_width(k) == width)
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
