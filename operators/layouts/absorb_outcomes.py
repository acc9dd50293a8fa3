"""One micro-batch of outcomes and offers into the layouts of the shops it touches: names in, names out."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from operators.layouts.layout_state import arms_of, offer, stack, unstack, with_names
from operators.layouts.outcome_rows import Offers, OutcomeRows
from operators.maths.layouts.layout_bandit import (
    BanditSettings,
    LayoutArms,
    rate_posterior,
    revenue_posterior,
    sampling_probabilities,
    select_policies,
    update_arms,
)
from schemas.layouts import Arm, ShopPolicy
from state.layout_arms import ShopLayouts


def absorb_outcomes(
    shops: Mapping[str, ShopLayouts],
    rows: OutcomeRows,
    offers: Offers,
    settings: BanditSettings,
    by_revenue: bool,
) -> dict[str, ShopLayouts]:
    """Fold the batch in, and compute anew with which probabilities the touched segments show each layout.

    shops : every shop that a row or an offer names, as it was. An offer touches all segments of its shop.
    """
    offered = {name: offer(shop, *_decision(offers, name, shop)) for name, shop in shops.items()}
    named = _with_counts(offered, rows)
    stacked = stack(list(named.values()))
    place = {
        (name, segment): start + row
        for name, start in zip(named, stacked.first.tolist(), strict=True)
        for row, segment in enumerate(named[name].segments)
    }
    column = {
        (name, layout): index for name, shop in named.items() for index, layout in enumerate(shop.layouts)
    }
    policy = np.array([place[key] for key in zip(rows.shop, rows.segment, strict=True)], dtype=np.int64)
    layout = np.array([column[key] for key in zip(rows.shop, rows.layout, strict=True)], dtype=np.int64)
    arms = update_arms(stacked.arms, rows.arrays(policy, layout), settings.half_life_ms)

    touched = np.zeros(len(arms.latest_ms), dtype=bool)
    touched[policy] = True
    for start, shop, was in zip(stacked.first, stacked.shops, shops.values(), strict=True):
        touched[start : start + len(shop.segments)] |= shop.offered != was.offered
    probabilities = stacked.probabilities.copy()
    probabilities[touched] = sampling_probabilities(
        select_policies(arms, touched), stacked.offered[touched], settings, by_revenue, _seed(arms)
    )
    return dict(zip(named, unstack(stacked, arms, probabilities), strict=True))


def shop_policy(name: str, shop: ShopLayouts, settings: BanditSettings, by_revenue: bool) -> ShopPolicy:
    """What readers are told of the shop."""
    arms = arms_of(shop.sums, shop.latest_ms)
    worth = revenue_posterior(arms, settings.prior_revenues)
    numbers = np.stack([shop.probabilities, *rate_posterior(arms, settings), *worth], axis=2)
    columns = [shop.layouts.index(layout) for layout in shop.offered]
    return ShopPolicy(
        shop=name,
        layouts=shop.offered,
        segments={
            segment: tuple(Arm(*arm) for arm in row)
            for segment, row in zip(shop.segments, numbers[:, columns].tolist(), strict=True)
            if columns
        },
        reward="revenue" if by_revenue else "conversions",
        at_ms=shop.at_ms,
        absorbed=shop.absorbed,
    )


def _decision(offers: Offers, name: str, shop: ShopLayouts) -> tuple[tuple[str, ...], int]:
    at_ms, layouts = offers.get(name, (shop.offered_ms, shop.offered))
    return layouts, at_ms


def _with_counts(shops: Mapping[str, ShopLayouts], rows: OutcomeRows) -> dict[str, ShopLayouts]:
    """The shops with room for the names in the rows, and with the rows' events counted."""
    of: dict[str, list[int]] = {name: [] for name in shops}
    for row, name in enumerate(rows.shop):
        of[name].append(row)
    found = {}
    for name, mine in of.items():
        shop = with_names(shops[name], [rows.segment[i] for i in mine], [rows.layout[i] for i in mine])
        events = sum(int(rows.exposures[i]) + rows.purchases[i] for i in mine)
        at_ms = max((rows.at_ms[i] for i in mine), default=shop.at_ms)
        found[name] = replace(shop, absorbed=shop.absorbed + events, at_ms=max(shop.at_ms, at_ms))
    return found


def _seed(arms: LayoutArms) -> int:
    """Of the draws: another at each moment of event time, the same when it is computed again."""
    return int(arms.latest_ms.max(initial=0))
