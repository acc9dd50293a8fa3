"""The rows in which segments leave the operators that learn them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pyflink.common import Row, Types

from operators.segments.industry_priors import industry_of
from operators.segments.learn_visits import Assigned
from operators.segments.shop_profile import shop_profile
from operators.segments.shop_segments import ShopSegments
from schemas.avro import encode, load
from state.shop_part import ShopPart

ASSIGNED, CHANGED, PROFILE, FORGOTTEN = "assigned", "changed", "profile", "forgotten"
PART, REST, INDUSTRY = "part", "rest", "industry"
OUTPUT = Types.ROW_NAMED(
    ["kind", "visitor_id", "shop_id", "version", "since_ms", "appended_ms", "body"],
    [
        Types.STRING(),
        Types.STRING(),
        Types.STRING(),
        Types.LONG(),
        Types.LONG(),
        Types.LONG(),
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
    ],
)
"""A visitor's segment (JSON), its change (Avro), a shop's profile (JSON), or an erasure (empty).

Of a hot shop also what a part says of itself (`ShopPart`) and is told (`RestOfShop`): visitor_id is its
shard. And of an industry what it has learned (`ShopPart`): shop_id is its name.
version : event time; of an erasure, until when. since_ms : earliest event time that is in it.
"""


REFITTED = 0
"""In the place of `appended_ms`, when the broker took the event: a refit moved the visitor, not an event."""


def of_shop(kind: str, shop: str, version: int, now_ms: int, body: bytes, part: str = "") -> Row:
    """A row that is about no visitor. now_ms : processing time."""
    return Row(kind, part, shop, version, version, now_ms, body)


def said_of(name: str, shop: ShopSegments, drifted_ms: int, now_ms: int) -> Row:
    """Of a shop its profile, of an industry what shops are to know of it."""
    industry, at_ms = industry_of(name), shop.model.latest_ms
    if industry is None:
        return of_shop(PROFILE, name, at_ms, now_ms, shop_profile(shop, drifted_ms))
    return of_shop(INDUSTRY, industry, at_ms, now_ms, ShopPart(shop.model, shop.categories).to_bytes())


class VisitorNews:
    """Rows about visitors."""

    def __init__(self) -> None:
        self._change = load("segment_change")

    def of(self, news: Iterable[Assigned], appended_ms: list[int]) -> Iterator[Row]:
        """appended_ms : of each row of the batch."""
        for of in news:
            at_ms = appended_ms[of.first_row] if of.first_row >= 0 else REFITTED
            yield Row(ASSIGNED, of.visitor, of.shop, of.at_ms, of.since_ms, at_ms, _said(of))
            if of.segment != of.before:
                body = encode(self._change, _changed(of))
                yield Row(CHANGED, of.visitor, of.shop, of.at_ms, of.since_ms, at_ms, body)


def _said(of: Assigned) -> bytes:
    """`segment`, `sure` (its probability), `at_ms`, `since_ms` (latest, earliest event), `why` (nats),
    `affinities` (to each segment)."""
    said = {
        "segment": of.segment,
        "sure": round(of.confidence, 4),
        "at_ms": of.at_ms,
        "since_ms": of.since_ms,
        "why": [[name, round(nats, 3)] for name, nats in of.why],
        "affinities": [round(to, 3) for to in of.affinities],
    }
    return json.dumps(said, ensure_ascii=False).encode()


def _changed(of: Assigned) -> dict[str, Any]:
    return {
        "visitor_id": of.visitor,
        "shop_id": of.shop,
        "left": str(of.before) if of.before >= 0 else None,
        "entered": str(of.segment),
        "event_time": of.at_ms,
    }
