"""Which layout a visitor is shown: drawn from the shop's policy in Redis."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from redis.exceptions import RedisError

from schemas.layouts import ShopPolicy, policy_key
from schemas.segments import read_json, visitor_segments_key
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from sink_connectors.redis_server import Command, fields_of, raised
from tidemark.layout_values import layout_probabilities

Source = Literal["visitor", "segment", "shop", "unknown", "unavailable"]


class OwnSegment(Enum):
    """Which segment a choice is for: the one that Redis knows."""

    ASKED = "asked"


@dataclass(frozen=True)
class LayoutChoice:
    """What to show a visitor, and what to write into the exposure event.

    segment : at that shop; None: the visitor has none.
    layout, propensity : drawn with that probability; None: nothing is known, show what is shown by default
        and send no exposure.
    affinities : of the visitor to the shop's segments, to be logged whatever was chosen by; none: not known.
    source : "visitor": by the affinities. "segment": by what is known of the segment. "shop": nothing is
        yet, so each layout that the shop offers is as probable. "unknown": the shop offers none.
        "unavailable": Redis did not answer in time.
    reason : of the latter two.
    """

    visitor: str
    shop: str
    segment: str | None
    layout: str | None
    propensity: float | None
    source: Source
    reason: str = ""
    affinities: tuple[float, ...] = ()


class LayoutReader:
    """Reads the policies of shops, and draws from them. One for all threads.

    generation : of the visitors' segments.
    """

    def __init__(self, redis: RedisConnection, namespace: str, generation: int = 1) -> None:
        self._redis, self._namespace, self._generation = redis, namespace, generation

    def layout(
        self,
        visitor: str,
        shop: str,
        segment: str | OwnSegment | None = OwnSegment.ASKED,
        rng: Callable[[], float] = random.random,
    ) -> LayoutChoice:
        """Draw the layout to show `visitor` at `shop`, in one round trip to Redis.

        Log its propensity, segment and affinities in the exposure event. Ask once for each exposure: another
        call draws anew.

        segment : at that shop, which then decides alone; None: as a visitor without one. By default segment
            and affinities are looked up in the same trip.
        rng : gives a number in [0, 1).
        """
        commands: list[Command] = [["HGETALL", policy_key(self._namespace, shop)]]
        if isinstance(segment, OwnSegment):
            key = visitor_segments_key(self._namespace, self._generation, visitor)
            commands.append(["HGET", key, shop])
        try:
            fields, *said = raised(self._redis.exchange(commands))
        except (RedisError, OSError) as error:
            known = None if isinstance(segment, OwnSegment) else segment
            reason = explained(error, self._redis.address)
            return LayoutChoice(visitor, shop, known, None, None, "unavailable", reason)
        affinities: tuple[float, ...] = ()
        if isinstance(segment, OwnSegment):
            own = {} if said[0] is None else read_json(said[0])
            segment = str(own["segment"]) if own else None
            affinities = tuple(own.get("affinities", ()))
        policy = ShopPolicy.from_fields(shop, fields_of(fields))
        if policy is None or not policy.layouts:
            reason = f"shop {shop} offers no layouts: `tidemark layouts {shop} A B …`"
            return LayoutChoice(visitor, shop, segment, None, None, "unknown", reason)
        probabilities, source = probabilities_of(policy, segment or "", affinities)
        drawn = draw(probabilities, rng())
        return LayoutChoice(
            visitor,
            shop,
            segment,
            policy.layouts[drawn],
            probabilities[drawn],
            source,
            affinities=affinities,
        )

    def policy(self, shop: str) -> ShopPolicy | None:
        """All that Redis holds on a shop's layouts; None: nothing. ConnectionError: Redis does not answer."""
        try:
            fields = fields_of(self._redis.ask(["HGETALL", policy_key(self._namespace, shop)]))
        except (RedisError, OSError) as error:
            raise ConnectionError(explained(error, self._redis.address)) from error
        return ShopPolicy.from_fields(shop, fields)


def probabilities_of(
    policy: ShopPolicy, segment: str, affinities: tuple[float, ...]
) -> tuple[tuple[float, ...], Source]:
    """Of the layouts, and what they rest on."""
    if policy.linear is not None and affinities:
        return layout_probabilities(policy.linear, affinities), "visitor"
    return policy.probabilities(segment), "segment" if segment in policy.segments else "shop"


def draw(probabilities: Sequence[float], number: float) -> int:
    """The place at which the sum of the probabilities first exceeds `number`, in [0, 1)."""
    left = number * sum(probabilities)  # their sum is 1, but for rounding
    for place, probability in enumerate(probabilities):
        left -= probability
        if left < 0:
            return place
    return max(range(len(probabilities)), key=probabilities.__getitem__)
