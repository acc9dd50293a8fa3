"""What breaks, and what Redis holds afterwards: the oracle's values, whatever broke."""

import time
from threading import Event, Thread
from typing import Any

import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from schemas.preferences import AT, META_FIELDS, SINCE
from sink_connectors.preference_commands import grow_commands
from sink_connectors.tombstones import Tombstones
from tests.corner import JOB, Corner, await_true
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.synthetic_events import shuffled_within_days

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
OUTAGE_S = 20


def snapshot(corner: Corner) -> dict[str, dict[bytes, bytes]]:
    """What Redis holds of every visitor now: what a worker that is about to die may be sending."""
    client: Any = redis_py.Redis.from_url(corner.redis)
    prefix, suffix = corner.schema.visitor_key("\0").split("\0")
    keys = list(client.scan_iter(f"{prefix}*{suffix}", count=10_000))
    return {key.decode()[len(prefix) : -len(suffix)]: client.hgetall(key) for key in keys}


def send_again(corner: Corner, old: dict[str, dict[bytes, bytes]]) -> None:
    """Write the snapshot as the sink does."""
    latest = {}
    for visitor, fields in old.items():
        values = {name: value for name, value in fields.items() if name not in META_FIELDS}
        latest[visitor] = {AT: bytes(8), SINCE: bytes(8), **values}
    tombstones = Tombstones(corner.namespace, b"nobody was erased")
    pipeline: Any = redis_py.Redis.from_url(corner.redis).pipeline(transaction=False)
    for command in grow_commands(corner.schema, tombstones, latest):
        pipeline.execute_command(*command)
    pipeline.execute()


def produce_slowly(corner: Corner, events: list[dict[str, Any]], hurry: Event) -> None:
    """A part at a time, ten seconds or more in all; what is left goes at once when `hurry` is set."""
    for start in range(0, len(events), 4_000):
        corner.produce(events[start : start + 4_000])
        hurry.wait(0.5)


def test_a_killed_task_manager_loses_and_doubles_nothing(corner: Corner) -> None:
    events = shuffled_within_days(complete_journey(80_000))
    expected = decayed_preferences(events, HALF_LIVES_MS)
    corner.produce(events[:40_000])
    job = corner.submit()
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    killed = Event()
    rest = Thread(target=produce_slowly, args=(corner, events[40_000:] + events[:40_000], killed))
    rest.start()
    time.sleep(1)
    old = snapshot(corner)
    assert old, "killed before anything was written: the test shows nothing"
    corner.stack.kill_task_manager()
    assert rest.is_alive(), "killed after the last event was sent: not in the middle"
    killed.set()
    rest.join()
    corner.stack.start_task_manager()
    corner.await_agreement(expected)
    await_true(lambda: corner.restarts(job) >= 1, 30, lambda: "no restart was counted")
    send_again(corner, old)
    assert corner.differences(expected) == []
    assert not corner.stack.orphans()


def test_the_job_waits_for_redis_and_goes_on_alone(corner: Corner) -> None:
    events = complete_journey(60_000)
    corner.produce(events[:20_000])
    job = corner.submit()
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    corner.stack.stop_redis()
    corner.produce(events[20_000:])
    time.sleep(OUTAGE_S)
    corner.stack.start_redis()
    corner.await_agreement(decayed_preferences(events, HALF_LIVES_MS))
    assert corner.restarts(job) == 0


def test_the_job_waits_for_the_broker_and_goes_on_alone(corner: Corner) -> None:
    events = complete_journey(40_000)
    corner.produce(events[:20_000])
    job = corner.submit()
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    corner.stack.stop_kafka()
    time.sleep(OUTAGE_S)
    corner.stack.start_kafka()
    corner.produce(events[20_000:])
    corner.await_agreement(decayed_preferences(events, HALF_LIVES_MS))
    assert corner.restarts(job) == 0


def test_an_outage_of_an_hour_would_restart_nothing(corner: Corner) -> None:
    from tidemark.flink import get

    job = corner.submit()
    config = get(corner.flink, f"/jobs/{job}/checkpoints/config")
    assert config["timeout"] >= 3_600_000
    assert config["tolerable_failed_checkpoints"] >= 3_600_000 // config["interval"]


def test_stop_with_savepoint_and_resume_lose_and_double_nothing(corner: Corner) -> None:
    events = complete_journey(40_000)
    corner.produce(events[:20_000])
    corner.submit()
    corner.await_agreement(decayed_preferences(events[:20_000], HALF_LIVES_MS))
    stopped = corner.tidemark("stop", JOB, "--savepoint")
    assert stopped.returncode == 0, stopped.stderr
    corner.produce(events[20_000:] + events[:20_000])
    resumed = corner.tidemark("resume", JOB)
    assert resumed.returncode == 0, resumed.stderr
    corner.await_agreement(decayed_preferences(events, HALF_LIVES_MS))
