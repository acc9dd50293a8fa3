"""Rows of a batch -> its visits as the maths takes them: one a visitor and shop."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.collapse_visits import Collapsed, collapse, last_and_first
from operators.maths.segments.name_dimensions import name_dimensions
from operators.maths.segments.visits import NEVER_SEEN, Visits
from operators.segments.shop_segments import ShopSegments, ShopSettings, Sold
from operators.segments.visit_rows import VisitRows
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
    pairs = list(zip(rows.shops, rows.visitors, strict=True))
    who = {pair: at for at, pair in enumerate(dict.fromkeys(pairs))}
    place = {shop: at for at, shop in enumerate(shops)}
    group, shop = np.array([who[pair] for pair in pairs]), np.array([place[shop] for shop in rows.shops])
    last, first = last_and_first(group, len(who))
    named = _Named(rows, shop, shops.values(), settings)
    since_ms = rows.head["before_ms"][first]
    before = [
        UNKNOWN if ms == NEVER_SEEN else members[pair] or UNKNOWN
        for pair, ms in zip(who, since_ms.tolist(), strict=True)
    ]
    return BatchVisits(
        list(who),
        list(shops),
        before,
        _visits(rows, group, shop[last], before, since_ms, named.vectors(group, last)),
        first,
        rows.head["since_ms"][last].astype(np.int64),
        _sold_by_shop(shop, len(shops), Sold(named.added, _sales(rows), _at_ms(rows))),
    )


class _Named:
    """The categories of rows as dimensions of their shops. added : (n,), that of each row's event."""

    def __init__(
        self, rows: VisitRows, shop: Ints, shops: Iterable[ShopSegments], settings: ShopSettings
    ) -> None:
        self._rows, self._shop, self._settings = rows, shop, settings
        self._known = [of.categories.hashes for of in shops]
        self.added = self._dimensions(shop, rows.head["category"])

    def vectors(self, group: Ints, last: Ints) -> Collapsed:
        """Of each group its vector after its last row, and what its rows added, as of then.

        group : (n,) of each row. last : (g,) row of each group.
        """
        rows, segments = self._rows, self._settings.segments
        is_last = np.zeros(len(rows), dtype=bool)
        is_last[last] = True
        of_entry = np.repeat(np.arange(len(rows)), rows.head["count"])
        kept = is_last[of_entry]
        entries, of_entry = rows.entries[kept], of_entry[kept]
        lag = _at_ms(rows) - _at_ms(rows)[last][group]  # at most 0
        return collapse(
            group[of_entry],
            self._dimensions(self._shop[of_entry], entries["category"]),
            entries["long"].astype(np.float64),
            entries["others"].astype(np.float64),
            group,
            self.added,
            rows.head["added"] * np.exp2(lag / segments.half_lives.long_ms),
            self._settings.own + self._settings.shared,
        )

    def _dimensions(self, shop: Ints, category: NDArray[np.integer[Any]]) -> Ints:
        own, shared = self._settings.own, self._settings.shared
        return name_dimensions(shop, category.astype(np.uint64), self._known, own, shared)


def _visits(
    rows: VisitRows, group: Ints, shop: Ints, before: list[VisitorSegment], since_ms: Ints, joined: Collapsed
) -> Visits:
    """shop, since_ms : (g,), of each group."""
    last, _ = last_and_first(group, len(before))
    return Visits(
        shop=shop,
        at_ms=_at_ms(rows)[last],
        since_ms=np.where([of is UNKNOWN for of in before], NEVER_SEEN, since_ms).astype(np.int64),
        begun=np.bincount(group, weights=rows.head["begins"]).astype(np.int64),
        converted=np.bincount(group, weights=rows.head["converts"]).astype(np.int64),
        segment=np.array([of.segment for of in before]),
        challenger=np.array([of.challenger for of in before]),
        streak=np.array([of.streak for of in before]),
        row=joined.row,
        dimension=joined.dimension,
        taste=joined.taste,
        before=joined.before,
        added=joined.added,
    )


def _at_ms(rows: VisitRows) -> Ints:
    return np.asarray(rows.head["at_ms"].astype(np.int64))


def _sales(rows: VisitRows) -> Floats:
    sales = rows.head["sales"]
    return np.where((sales > 0) & (sales < MOST_SOLD), sales, 0.0)


def _sold_by_shop(shop: Ints, shops: int, sold: Sold) -> list[Sold]:
    order = np.argsort(shop, kind="stable")
    cuts = np.searchsorted(shop[order], np.arange(1, shops))
    parts = [np.split(column[order], cuts) for column in (sold.dimension, sold.amount, sold.at_ms)]
    return [Sold(*of) for of in zip(*parts, strict=True)]
