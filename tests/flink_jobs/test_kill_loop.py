"""Task and job managers die at random moments under load; each time Redis ends up as the oracle says.

`TIDEMARK_KILLS` sets how many (3), `TIDEMARK_KILL_SEED` which and when. The long form, with its table:

    TIDEMARK_KILLS=24 pytest -s tests/flink_jobs/test_kill_loop.py
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import JOB, Corner, await_true
from tests.load import Load
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.stack_fixture import TOOLS
from tidemark.errors import UserError
from tidemark.flink import get, running_job
from tidemark.stack.flink_cluster import JOB_MANAGER, task_manager
from tidemark.stack.stack import LocalStack

KILLS = int(os.environ.get("TIDEMARK_KILLS", "3"))
SEED = int(os.environ.get("TIDEMARK_KILL_SEED", random.SystemRandom().randrange(10_000)))

pytestmark = [pytest.mark.flink, pytest.mark.timeout(240 + 120 * KILLS)]

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
PURCHASE = complete_journey(1)[0]
TASK_MANAGERS = 2
EVENTS_PER_S = 500
LATEST_KILL_S = 8.0  # the interval between checkpoints is 5 s: before, during and after one
SUPERVISOR_S = 2.0
RECOVERS_WITHIN_S = 180.0


@pytest.fixture
def highly_available(tmp_path: Path) -> Iterator[Corner]:
    """A corner of a stack whose job manager may die."""
    stack = LocalStack(
        tmp_path / "run", TOOLS, task_managers=TASK_MANAGERS, high_availability=True, say=print
    )
    stack.up()
    yield Corner(stack)
    stack.down(keep_jobs=False)


def test_whoever_is_killed_redis_ends_up_as_the_oracle_says(highly_available: Corner) -> None:
    corner, stack, dice = highly_available, highly_available.stack, random.Random(SEED)
    job = corner.submit("--parallelism", str(TASK_MANAGERS))
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    print(f"\nseed {SEED}\nkill  who              after  checkpoint  longest wait  events  Redis")
    with Load(corner, EVENTS_PER_S, SEED) as load:
        for number, victim in enumerate(victims(dice), start=1):
            after_s = dice.uniform(0, LATEST_KILL_S)
            time.sleep(after_s)
            stack.kill(victim)
            checkpoint_s, longest_s = recovery(corner, load, job, dice.uniform(0, SUPERVISOR_S))
            with load.paused() as sent:
                expected = decayed_preferences(sent, HALF_LIVES_MS)
                corner.await_agreement(expected)
                time.sleep(1)
                wrong = corner.differences(expected)
                result = "differs" if wrong else "equal"
                print(
                    f"{number:4}  {victim:15} {after_s:4.1f} s {checkpoint_s:9.1f} s {longest_s:11.1f} s "
                    f"{len(sent):7}  {result}",
                    flush=True,
                )
            assert wrong == []
            assert stack.orphans() == []
            found = running_job(corner.flink, JOB)
            assert found is not None
            assert found.id == job


def victims(dice: random.Random) -> list[str]:
    """As many job managers as task managers, in random order."""
    found = [JOB_MANAGER if n % 2 else task_manager(dice.randrange(TASK_MANAGERS)) for n in range(KILLS)]
    dice.shuffle(found)
    return found


@dataclass
class Probes:
    """Visitors of one event each, to see how long an event needs to Redis while all this goes on."""

    corner: Corner
    load: Load
    sent_s: dict[str, float] = field(default_factory=dict)
    longest_s: float = 0.0

    def send(self) -> None:
        visitor = f"probe {uuid4().hex}"
        self.load.send({**PURCHASE, "visitor_id": visitor})
        self.sent_s[self.corner.schema.visitor_key(visitor)] = time.monotonic()

    def look(self) -> None:
        """Forget those that have arrived, and remember the longest wait."""
        with redis_py.Redis.from_url(self.corner.redis) as client:
            arrived = [key for key in self.sent_s if client.exists(key)]
        waits = [time.monotonic() - self.sent_s.pop(key) for key in arrived]
        self.longest_s = max(self.longest_s, *waits, 0.0)


def recovery(corner: Corner, load: Load, job: str, supervisor_s: float) -> tuple[float, float]:
    """Bring back what was killed just now, after `supervisor_s` seconds.

    Returns
    -------
    Seconds until the first checkpoint taken after the kill, and the longest that an event needed to Redis.
    """
    killed, killed_ms = time.monotonic(), time.time() * 1000
    recovered = Event()

    def supervise() -> None:
        time.sleep(supervisor_s)
        while not recovered.wait(1.0):
            corner.stack.start_job_manager()
            corner.stack.start_task_manager()

    def checkpointed() -> bool:
        with suppress(UserError):  # no job manager, or one that has not recovered the job
            newest = get(corner.flink, f"/jobs/{job}/checkpoints")["latest"]["completed"]
            return newest is not None and newest["trigger_timestamp"] > killed_ms
        return False

    supervisor, probes = Thread(target=supervise), Probes(corner, load)
    supervisor.start()
    try:
        while not checkpointed():
            assert time.monotonic() - killed < RECOVERS_WITHIN_S, "no checkpoint after the kill"
            probes.send()
            time.sleep(0.2)
            probes.look()
        checkpoint_s = time.monotonic() - killed
    finally:
        recovered.set()
        supervisor.join()
    while probes.sent_s:
        assert time.monotonic() - killed < RECOVERS_WITHIN_S, f"not in Redis: {probes.sent_s}"
        probes.look()
    return checkpoint_s, probes.longest_s
