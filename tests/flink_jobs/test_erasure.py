"""A visitor who asks to be forgotten: no trace is left, and no replay brings one back."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import Corner, await_true
from tests.oracles.preferences import decayed_preferences
from tests.oracles.redis_agrees import differences
from tests.real_data import complete_journey

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
LEAVING, BACK = "leaving@shop.example", "leaving and back@shop.example"


def with_names(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two of the busiest visitors get names that are found in any bytes."""
    visitors = [event["visitor_id"] for event in events]
    busiest = sorted(set(visitors), key=visitors.count)[-2:]
    names = dict(zip(busiest, (LEAVING, BACK), strict=True))
    return [event | {"visitor_id": names.get(event["visitor_id"], event["visitor_id"])} for event in events]


def traces(corner: Corner, visitor: str) -> list[bytes]:
    """Every key of Redis in whose name or value the visitor's id is."""
    client: Any = redis_py.Redis.from_url(corner.redis)
    keys = list(client.scan_iter(f"{corner.namespace}:*", count=10_000))
    return [key for key in keys if visitor.encode() in key or visitor.encode() in contents(client, key)]


def contents(client: Any, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"hash":
        return repr(client.hgetall(key)).encode()
    return repr(client.zrange(key, 0, -1) if kind == b"zset" else client.get(key)).encode()


def forget(corner: Corner, visitor: str) -> None:
    done = corner.tidemark("forget", visitor, "--topic", corner.erasures_topic)
    assert done.returncode == 0, done.stderr


def exported(corner: Corner, visitor: str) -> dict[str, Any]:
    done = corner.tidemark("export", visitor)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_forgotten_visitor_leaves_no_trace_and_no_replay_brings_one_back(corner: Corner) -> None:
    events = with_names(complete_journey(20_000))
    everybody = decayed_preferences(events, HALF_LIVES_MS)
    others = {visitor: of for visitor, of in everybody.items() if visitor not in (LEAVING, BACK)}
    corner.produce(events)
    job = corner.submit()
    corner.await_agreement(everybody)
    assert exported(corner, LEAVING)["preferences"][0]["weights"]["category"]["values"]

    forget(corner, LEAVING)
    forget(corner, BACK)
    corner.await_agreement(others)
    assert traces(corner, LEAVING) == traces(corner, BACK) == []
    held = exported(corner, LEAVING)
    assert (held["preferences"], held["samples"], held["other_keys"]) == ([], [], [])
    assert abs(held["forgotten_until_ms"] - time.time() * 1000) < 60_000

    # Old topics come again under the same job, after a crash; and one of the two comes back.
    corner.stack.kill_task_manager()
    corner.stack.start_task_manager()
    now_ms = round(time.time() * 1000)
    again = [
        event | {"visitor_id": BACK, "event_id": f"again {i}", "event_time": now_ms + i}
        for i, event in enumerate(events[:50])
    ]
    expected = others | decayed_preferences(again, HALF_LIVES_MS)
    corner.produce(events + again)
    corner.await_agreement(expected)
    assert traces(corner, LEAVING) == []

    # A rebuild reads all from the beginning, once with the erasures and once as if it never met them.
    corner.tidemark("cancel", "visitor_preferences")
    corner.await_state(job, "CANCELED")
    never_read = f"{corner.name}.nobody"
    # Which of the two topics is read first is open: who is back is there with what is newer, or waits.
    is_back = [f"visitors that the oracle does not know: {[BACK]}"]
    for generation, words, allowed in (
        (2, (), ([], is_back)),
        (3, ("--set", f"erasures_topic={never_read}"), ([],)),
    ):
        rebuild = corner.submit("--until-now", "--set", f"generation={generation}", *words)
        corner.await_state(rebuild, "FINISHED")
        assert traces(corner, LEAVING) == [], f"generation {generation}"
        assert differences(corner.redis, replace(corner.schema, generation=generation), others) in allowed
    assert corner.differences(expected) == []


def test_an_erasure_that_is_read_before_the_events_keeps_them_out(corner: Corner) -> None:
    events = with_names(complete_journey(5_000))
    corner.submit()
    forget(corner, LEAVING)
    await_true(
        lambda: exported(corner, LEAVING)["forgotten_until_ms"] is not None, 60, lambda: "no tombstone"
    )
    corner.produce(events)
    corner.await_agreement(
        {v: of for v, of in decayed_preferences(events, HALF_LIVES_MS).items() if v != LEAVING}
    )
    assert traces(corner, LEAVING) == []
