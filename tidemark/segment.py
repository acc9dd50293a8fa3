"""A visitor's segment at a shop, as a storefront reads it."""

import time
from dataclasses import dataclass
from typing import Any, Literal

from redis.exceptions import RedisError

from schemas.segments import read_json, shop_profile_key, visitor_segments_key
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from sink_connectors.redis_server import Command, raised

CACHED_S = 60.0


@dataclass(frozen=True)
class Segment:
    """Where a visitor belongs at a shop.

    segment : number; None where nothing is known, not even of the shop. name : what it is after, in words.
    source : "visitor": of this visitor. "shop": the visitor is unknown there, this is the largest segment.
        "unavailable": Redis did not answer in time, or nothing is known (`reason` says more).
    sure : probability, 0 to 1; of the largest segment, its share of the shop's visitors.
    why : categories that speak for it and by how many nats, strongest first.
    at : event time of the visitor's latest event that Redis knows of, epoch milliseconds.
    """

    visitor: str
    shop: str
    segment: int | None
    name: str
    source: Literal["visitor", "shop", "unavailable"]
    sure: float = 0.0
    why: tuple[tuple[str, float], ...] = ()
    at: int | None = None
    reason: str = ""


class SegmentReader:
    """Reads segments; profiles of shops, for their names, are kept for a minute. One for all threads."""

    def __init__(self, redis: RedisConnection, namespace: str, generation: int = 1) -> None:
        self._redis, self._namespace, self._generation = redis, namespace, generation
        self._profiles: dict[str, tuple[float, dict[str, Any]]] = {}  # entries are replaced whole

    def segment(self, visitor: str, shop: str) -> Segment:
        """One round trip to Redis."""
        due_s, profile = self._profiles.get(shop, (0.0, {}))
        key = visitor_segments_key(self._namespace, self._generation, visitor)
        commands: list[Command] = [["HGET", key, shop]]
        if due_s <= time.monotonic():
            commands.append(["GET", shop_profile_key(self._namespace, self._generation, shop)])
        try:
            said, *more = raised(self._redis.exchange(commands))
        except (RedisError, OSError) as error:
            return _of_shop(visitor, shop, profile, explained(error, self._redis.address))
        if more:
            profile = read_json(more[0]) if more[0] else {}
            if profile:  # an unknown shop may be known at the next question
                self._profiles[shop] = time.monotonic() + CACHED_S, profile
        if said is None:
            return _of_shop(visitor, shop, profile, "")
        of = read_json(said)
        return Segment(
            visitor=visitor,
            shop=shop,
            segment=of["segment"],
            name=_name(profile, of["segment"]),
            source="visitor",
            sure=of["sure"],
            why=tuple((category, nats) for category, nats in of["why"]),
            at=of["at_ms"],
        )

    def lifts(self, visitor: str, shop: str) -> dict[bytes, float]:
        """How much more the visitor's segment takes of a category than the shop, a ratio; none where unknown.

        Of the categories that set the segment apart: the profile names no others.
        """
        segment = self.segment(visitor, shop)
        _, profile = self._profiles.get(shop, (0.0, {}))
        profiled: list[dict[str, Any]] = profile.get("segments", [])
        why = [why for of in profiled if of["segment"] == segment.segment for why in of["why"]]
        return {
            category.encode(): inside / overall
            for category, _, inside, overall in why
            if inside * overall > 0
        }


def _of_shop(visitor: str, shop: str, profile: dict[str, Any], reason: str) -> Segment:
    segments = profile.get("segments", [])
    if not segments:
        reason = reason or f"nothing is known of shop {shop}"
        return Segment(visitor, shop, None, "", "unavailable", reason=reason)
    largest = segments[0]
    source: Literal["shop", "unavailable"] = "unavailable" if reason else "shop"
    return Segment(
        visitor, shop, largest["segment"], largest["name"], source, largest["share"], reason=reason
    )


def _name(profile: dict[str, Any], segment: int) -> str:
    return next((of["name"] for of in profile.get("segments", []) if of["segment"] == segment), "")
