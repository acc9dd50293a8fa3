"""Rows of a batch -> its visits as the maths takes them: one a visitor and shop."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from operators.maths.collapse_visits import collapse, last_and_first
from operators.maths.name_dimensions import name_dimensions
from operators.maths.segment_scores import Ints
from operators.maths.visits import NEVER_SEEN, Visits
from operators.shop_segments import ShopSegments, ShopSettings, Sold
from operators.visit_rows import VisitRows
from state.visitor_segment import VisitorSegment

Member = tuple[str, str]
"""Shop and visitor."""

MOST_SOLD = 1e12
"""A sale of more is a mistake; some of them would add up to infinity, and a shop's state to nothing."""

UNKNOWN = VisitorSegment(segment=-1, challenger=-1, streak=0, at_ms=0, told_ms=0)


@dataclass(frozen=True)
class BatchVisits:
    """g visits at B shops.

    members, shops : whose, and where, by place. before : the members until now; `UNKNOWN` if new. visits : as
    the maths takes them. first_row : (g,) in the batch. since_ms : (g,) earliest event time in the vector.
    sold : of each shop.
    """

    members: list[Member]
    shops: list[str]
    before: list[VisitorSegment]
    visits: Visits
    first_row: Ints
    since_ms: Ints
    sold: list[Sold]


def visits_of_rows(
    rows: VisitRows,
    shops: Mapping[str, ShopSegments],
    members: Mapping[Member, VisitorSegment | None],
    settings: ShopSettings,
) -> BatchVisits:
    """shops : by place, with the categories of the rows. rows : at least one, all of them visits."""
    place = {shop: at for at, shop in enumerate(shops)}
    pairs = list(zip(rows.shops, rows.visitors, strict=True))
    who = {pair: at for at, pair in enumerate(dict.fromkeys(pairs))}
    group = np.array([who[pair] for pair in pairs])
    last, first = last_and_first(group, len(who))
    head = rows.head
    shop_of_row = np.array([place[shop] for shop in rows.shops])
    known = [shop.categories.hashes for shop in shops.values()]
    own, shared = settings.own, settings.shared

    is_last = np.zeros(len(rows), dtype=bool)
    is_last[last] = True
    of_entry = np.repeat(np.arange(len(rows)), head["count"])
    kept = is_last[of_entry]
    entries, of_entry = rows.entries[kept], of_entry[kept]
    dimension = name_dimensions(
        shop_of_row[of_entry], entries["category"].astype(np.uint64), known, own, shared
    )
    added_dimension = name_dimensions(shop_of_row, head["category"].astype(np.uint64), known, own, shared)
    at_ms = head["at_ms"].astype(np.int64)
    lag = at_ms - at_ms[last][group]  # at most 0
    joined = collapse(
        group[of_entry],
        dimension,
        entries["long"].astype(np.float64),
        entries["others"].astype(np.float64),
        group,
        added_dimension,
        head["added"] * np.exp2(lag / settings.segments.half_lives.long_ms),
        own + shared,
    )
    is_new = (head["before_ms"][first] == NEVER_SEEN).tolist()
    before = [UNKNOWN if new else members[pair] or UNKNOWN for pair, new in zip(who, is_new, strict=True)]
    visits = Visits(
        shop=shop_of_row[last],
        at_ms=at_ms[last],
        since_ms=np.where([of is UNKNOWN for of in before], NEVER_SEEN, head["before_ms"][first]).astype(
            np.int64
        ),
        begun=np.bincount(group, weights=head["begins"]).astype(np.int64),
        converted=np.bincount(group, weights=head["converts"]).astype(np.int64),
        segment=np.array([of.segment for of in before]),
        challenger=np.array([of.challenger for of in before]),
        streak=np.array([of.streak for of in before]),
        row=joined.row,
        dimension=joined.dimension,
        taste=joined.taste,
        before=joined.before,
        added=joined.added,
    )
    sales = np.where((head["sales"] > 0) & (head["sales"] < MOST_SOLD), head["sales"], 0.0)
    sold = _sold_by_shop(shop_of_row, len(shops), Sold(added_dimension, sales, at_ms))
    return BatchVisits(
        list(who), list(shops), before, visits, first, head["since_ms"][last].astype(np.int64), sold
    )


def _sold_by_shop(shop: Ints, shops: int, sold: Sold) -> list[Sold]:
    order = np.argsort(shop, kind="stable")
    cuts = np.searchsorted(shop[order], np.arange(1, shops))
    parts = [np.split(column[order], cuts) for column in (sold.dimension, sold.amount, sold.at_ms)]
    return [Sold(*of) for of in zip(*parts, strict=True)]
