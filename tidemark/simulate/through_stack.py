"""The product through Kafka, Flink and Redis: decisions are read from Redis, events are sent to topics."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np

from schemas import behaviors as behaviors_schema
from schemas.event_types import EVENT_TYPES
from sink_connectors.redis_address import RedisAddress
from tidemark.client import Tidemark
from tidemark.errors import UserError
from tidemark.offer_layouts import offer_layouts
from tidemark.replay.delivery import Delivery
from tidemark.simulate.events import Events, Message
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Ints
from tidemark.simulate.world import World
from tidemark.topics import Kafka

TIMEOUT_S = 1.0  # of a read: a late answer is no answer
OFFERED_S = 60.0  # until the job has told Redis what shops offer
MOST_SEGMENTS = 128  # of a shop: policies are numbered


class ThroughStack:
    """A context manager. On entering, shops say what they offer, and the job has told Redis so.

    A storefront of a world that runs at a stated speed: after each batch of clicks it waits `wait_s`, as
    visitors do between two clicks, before it asks Redis. A visitor of whom Redis knows nothing is shown
    what the shop's policy for visitors without a segment says.

    run : prefix of all ids. topics : of behaviours, exposures and layouts.

    Raises
    ------
    UserError : Kafka does not take events; the job does not tell Redis what shops offer.
    """

    def __init__(
        self,
        world: World,
        kafka: Kafka,
        redis: RedisAddress,
        run: str,
        wait_s: float,
        namespace: str = "tm",
        topics: tuple[str, str, str] = (
            behaviors_schema.TOPIC,
            EVENT_TYPES["exposure"].topic,
            "",
        ),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._kafka, self._wait_s, self._topics, self._sleep = kafka, wait_s, topics, sleep
        self._layouts, self._shops = world.parameters.layouts, world.parameters.shops
        self._events = Events(run, world.shops.industry)
        self._random = np.random.default_rng([world.seed, 5])
        self._client = Tidemark(redis, timeout_s=TIMEOUT_S, namespace=namespace)
        self._chosen_by: list[tuple[str | None, tuple[float, ...]]] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.callback(self._client.close)
            self._behaviors, self._exposures = (
                opening.enter_context(Delivery(self._kafka, topic)) for topic in self._topics[:2]
            )
            self._offer()
            self._open = opening.pop_all()
        return self

    def _offer(self) -> None:
        """Say what the shops offer, and wait until Redis knows."""
        names = [self._events.layout(number) for number in range(self._layouts)]
        for shop in range(self._shops):
            offer_layouts(self._kafka, self._events.shop(shop), names, self._topics[2])
        deadline = time.monotonic() + OFFERED_S
        while not all(self._is_offered(shop) for shop in range(self._shops)):
            if time.monotonic() > deadline:
                raise UserError(
                    "Redis does not know what the shops offer: does the job visitor_segments run? "
                    "`tidemark submit visitor_segments`"
                )
            self._sleep(0.2)

    def _is_offered(self, shop: int) -> bool:
        return self._client.layout(self._events.visitor(-1), self._events.shop(shop)).layout is not None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def behaved(self, behaviors: Behaviors) -> None:
        """Sent, taken by Kafka, and waited for."""
        _send(self._behaviors, self._events.behaviors(behaviors))
        self._sleep(self._wait_s)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:  # noqa: ARG002
        """One read a visitor. UserError: Redis does not answer, or a shop offers nothing any more."""
        n = len(visitor)
        policy, layout = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        propensity = np.ones(n)
        self._chosen_by = []
        for row, (who, where) in enumerate(zip(visitor.tolist(), shop.tolist(), strict=True)):
            found = self._client.layout(
                self._events.visitor(who), self._events.shop(where), rng=self._random.random
            )
            if found.layout is None or found.propensity is None:
                raise UserError(f"no layout for {found.visitor} at {found.shop}: {found.reason}")
            segment = 0 if found.segment is None else 1 + int(found.segment)
            policy[row] = where * MOST_SEGMENTS + segment
            layout[row], propensity[row] = self._events.layout_number(found.layout), found.propensity
            self._chosen_by.append((found.segment, found.affinities))
        return Decisions(policy, layout, propensity)

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        """Sent and taken by Kafka."""
        _send(self._exposures, self._events.exposures(visitor, shop, decisions, self._chosen_by, at_ms))


def _send(delivery: Delivery, messages: Iterable[Message]) -> None:
    for key, body in messages:
        delivery.send(key, body)
    delivery.finish()
