"""The job `visitor_segments` on the real stack."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import redis as redis_py

from schemas.segments import shop_profile_key
from tests.corner import Corner, await_true
from tests.real_data import complete_journey

pytestmark = pytest.mark.flink


@dataclass
class SegmentsCorner(Corner):
    """A corner where segments are learned."""

    @property
    def changes_topic(self) -> str:
        return f"{self.topic}.changes"

    def submit(self, *words: str) -> str:
        topics = {
            "topic": self.topic,
            "erasures_topic": self.erasures_topic,
            "changes_topic": self.changes_topic,
        }
        sets = [word for name, value in topics.items() for word in ("--set", f"{name}={value}")]
        done = self.tidemark("submit", "visitor_segments", *sets, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def client(self) -> Any:
        return redis_py.Redis.from_url(self.redis)

    def segments(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(visitor, shop) -> what Redis says."""
        client, found = self.client(), {}
        for key in client.scan_iter(f"{self.namespace}:{{*}}:segments:1", count=10_000):
            visitor = key.split(b"{")[1].split(b"}")[0].decode()
            for shop, said in client.hgetall(key).items():
                found[visitor, shop.decode()] = json.loads(said)
        return found

    def profile(self, shop: str) -> dict[str, Any]:
        text = self.client().get(shop_profile_key(self.namespace, 1, shop))
        return json.loads(text) if text else {"visits": 0}


@pytest.fixture
def corner(stack: Any) -> Any:
    corner = SegmentsCorner(stack)
    yield corner
    corner.cancel_all()


def at_one_shop(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event | {"shop_id": "one"} for event in events]


def visits_of(events: list[dict[str, Any]]) -> int:
    """By the definition: a visit begins with an event more than 30 minutes after the latest one."""
    latest: dict[tuple[str, str], int] = {}
    visits = 0
    for event in events:
        who = event["visitor_id"], event["shop_id"]
        visits += who not in latest or event["event_time"] - latest[who] > 1_800_000
        latest[who] = max(latest.get(who, 0), event["event_time"])
    return visits


def test_visitors_have_segments_and_each_visit_counts_once_through_a_kill(corner: SegmentsCorner) -> None:
    events = at_one_shop(complete_journey(40_000))
    corner.produce(events[:20_000])
    job = corner.submit()
    await_true(lambda: len(corner.segments()) > 200, 90, lambda: f"{len(corner.segments())} segments")
    done = corner.checkpoints(job)
    await_true(lambda: corner.checkpoints(job) > done, 60, lambda: "no checkpoint")
    corner.produce(events[20_000:])
    corner.stack.kill_task_manager()
    corner.stack.start_task_manager()

    expected = visits_of(events)
    await_true(
        lambda: corner.profile("one")["visits"] == expected,
        120,
        lambda: f"{corner.profile('one')['visits']} visits of {expected}",
    )
    segments, profile = corner.segments(), corner.profile("one")
    assert {visitor for visitor, _ in segments} == {event["visitor_id"] for event in events}
    known = {segment["segment"] for segment in profile["segments"]}
    assert 2 <= len(known) <= 12
    assert {said["segment"] for said in segments.values()} <= known
    assert all(0 < said["sure"] <= 1 for said in segments.values())
