"""The closed loop through Kafka, Flink and Redis."""

import json
from contextlib import closing

import numpy as np
import pytest

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from tests.corner import Corner, await_true
from tidemark.errors import UserError
from tidemark.layouts import LayoutReader
from tidemark.simulate.loop import run
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.storefront import Decisions
from tidemark.simulate.tastes import DAY_MS, Ints
from tidemark.simulate.through_stack import MOST_SEGMENTS, ThroughStack
from tidemark.simulate.world import World
from tidemark.topics import describe_topics

pytestmark = pytest.mark.flink

P = Parameters(visitors=80, days=3, industries=1, shops=2, categories=30, visits_a_week=14.0)


class Watched(ThroughStack):
    """Keeps what it decided."""

    decided: list[Decisions]

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        found = super().decide(visitor, shop, at_ms)
        self.decided = [*getattr(self, "decided", []), found]
        return found


def topics(corner: Corner) -> tuple[str, str, str]:
    names = (f"{corner.name}.behaviors", f"{corner.name}.exposures", f"{corner.name}.layouts")
    done = corner.tidemark("topics", *names, corner.erasures_topic, f"{corner.name}.changes")
    assert done.returncode == 0, done.stderr
    return names


def submit(corner: Corner, names: tuple[str, str, str]) -> None:
    settings = {
        "topic": names[0],
        "erasures_topic": corner.erasures_topic,
        "changes_topic": f"{corner.name}.changes",
        "layouts": json.dumps({"exposures_topic": names[1], "topic": names[2]}),
    }
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    done = corner.tidemark("submit", "visitor_segments", *words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_decisions_come_from_redis_and_every_event_reaches_the_job(corner: Corner) -> None:
    names, world = topics(corner), World(P, 4)
    submit(corner, names)
    redis = RedisAddress(corner.redis)
    with Watched(world, corner.kafka, redis, "sim", 0.7, corner.namespace, names) as storefront:
        (result,) = run(world, [storefront], DAY_MS // 4)
    policy, propensity = (
        np.concatenate([getattr(d, name) for d in storefront.decided]) for name in ("policy", "propensity")
    )
    assert len(policy) == result.visits.sum() > 100
    assert (policy % MOST_SEGMENTS > 0).mean() > 0.5  # who has been there before is known
    assert ((propensity > 0) & (propensity <= 1)).all()
    sent = {topic.name: topic.messages for topic in describe_topics(corner.kafka, names[:2])}
    assert sent[names[1]] == result.visits.sum()
    assert sent[names[0]] > result.visits.sum() + result.conversions.sum()
    offers = P.shops
    expected = offers + result.visits.sum() + result.conversions.sum()
    await_true(lambda: absorbed(corner) == expected, 60, lambda: f"{absorbed(corner)} of {expected}")


def absorbed(corner: Corner) -> int:
    """Exposures, purchases and offers in the shops' policies."""
    with closing(RedisConnection(RedisAddress(corner.redis), 5)) as connection:
        reader = LayoutReader(connection, corner.namespace)
        found = [reader.policy(f"sim-shop-{shop}") for shop in range(P.shops)]
    return sum(policy.absorbed for policy in found if policy is not None)


def test_without_the_job_it_says_what_to_do(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.simulate.through_stack.OFFERED_S", 1.0)
    names = topics(corner)
    unserved = ThroughStack(
        World(P, 4), corner.kafka, RedisAddress(corner.redis), "none", 0.1, corner.namespace, names
    )
    with pytest.raises(UserError, match="tidemark submit visitor_segments"):
        unserved.__enter__()
