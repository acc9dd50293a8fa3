"""A simulated world's messages are those of real shops: the gate's checks pass them."""

from dataclasses import replace

import numpy as np
import pytest

from schemas.avro import decode
from schemas.behaviors import BEHAVIORS, SCHEMA, validate
from schemas.event_types import EVENT_TYPES
from tidemark.simulate.events import Events
from tidemark.simulate.loop import run
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import DAY_MS, Ints
from tidemark.simulate.world import World

P = Parameters(visitors=80, days=3, industries=2, shops=4, categories=20)


class Sent:
    """Shows layouts in turn, and keeps every message."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.behaviors: list[tuple[bytes, bytes]] = []
        self.exposures: list[tuple[bytes, bytes]] = []

    def behaved(self, behaviors: Behaviors) -> None:
        self.behaviors += self._events.behaviors(behaviors)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:  # noqa: ARG002
        return Decisions(shop, visitor % P.layouts, np.full(len(visitor), 0.25))

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        self.exposures += self._events.exposures(visitor, shop, decisions, [(None, ())] * len(visitor), at_ms)


@pytest.fixture(scope="module")
def sent() -> Sent:
    world = World(P, 2)
    found = Sent(Events("test", world.shops.industry))
    run(world, [found], DAY_MS // 4)
    return found


def test_behaviours_are_valid_and_keyed_by_visitor(sent: Sent) -> None:
    events = [decode(SCHEMA, body) for _, body in sent.behaviors]
    assert {event["behavior"] for event in events} == set(BEHAVIORS)
    for (key, _), event in zip(sent.behaviors, events, strict=True):
        assert key == event["visitor_id"].encode()
        validate(event)


def test_event_ids_are_distinct_and_stay_the_same(sent: Sent) -> None:
    ids = [decode(SCHEMA, body)["event_id"] for _, body in sent.behaviors]
    assert len(set(ids)) == len(ids)
    world = World(replace(P), 2)
    again = Sent(Events("test", world.shops.industry))
    run(world, [again], DAY_MS // 4)
    assert again.behaviors == sent.behaviors


def test_exposures_name_layout_propensity_and_shop(sent: Sent) -> None:
    exposures = [decode(EVENT_TYPES["exposure"].schema, body) for _, body in sent.exposures]
    assert {event["layout"] for event in exposures} == {f"layout-{n}" for n in range(P.layouts)}
    assert all(event["propensity"] == 0.25 and event["segment"] is None for event in exposures)
    assert {event["shop_id"] for event in exposures} <= {f"test-shop-{n}" for n in range(P.shops)}
