"""Where subjects run: a stack of the benchmark's own, its topics, and what is measured around a run."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import redis as redis_py

from flink_jobs.config import RunConfig, VisitorPreferencesConfig
from schemas.preferences import PreferenceSchema
from tidemark.stack.processes import with_descendants
from tidemark.stack.stack import LocalStack

ROOT = Path(__file__).parents[1]
NAMESPACE = "bench"
TOPIC, PREFIX_TOPIC = "bench", "bench-prefix"
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Place:
    """A stack that is up, and how many messages its topics hold."""

    stack: LocalStack
    job: str
    events: int
    prefix: int

    @property
    def kafka(self) -> str:
        return self.stack.addresses["kafka"]

    @property
    def redis(self) -> str:
        return self.stack.addresses["redis"]

    @property
    def flink(self) -> str:
        return self.stack.addresses["flink"]

    @property
    def schema(self) -> PreferenceSchema:
        return VisitorPreferencesConfig(run=RunConfig(namespace=NAMESPACE)).redis_schema

    def empty_redis(self) -> None:
        """Nothing in memory and nothing in the append-only file, so that all runs start alike."""
        with redis_py.Redis.from_url(self.redis) as client:
            client.flushall()
            client.config_resetstat()
            client.bgrewriteaof()
            persistence: Any = client.info("persistence")
            while persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"]:
                time.sleep(LOOK_EVERY_S)
                persistence = client.info("persistence")


def python_path() -> str:
    """Thread mode needs it in the task manager's environment: our packages and the installed ones."""
    return os.pathsep.join((str(ROOT), str(Path(psutil.__file__).parents[1])))


@dataclass
class Meter:
    """What was seen around a run.

    cpu_s : of the task managers with their Python workers, and of Redis.
    first_write_s : epoch seconds when Redis had answered the first write; None when there was none.
    """

    cpu_s: float = 0.0
    first_write_s: float | None = None
    done: Event = field(default_factory=Event)

    def watch(self, url: str) -> None:
        """Look for the first write until it is there or the run is over."""
        with redis_py.Redis.from_url(url) as client:
            while not self.done.wait(LOOK_EVERY_S):
                statistics: Any = client.info("commandstats")
                if "cmdstat_fcall" in statistics:
                    self.first_write_s = time.time()
                    return


@contextmanager
def metered(place: Place) -> Iterator[Meter]:
    """Measure what happens within."""
    meter, before = Meter(), _cpu_s(place.stack)
    watcher = Thread(target=meter.watch, args=(place.redis,))
    watcher.start()
    try:
        yield meter
    finally:
        meter.cpu_s = _cpu_s(place.stack) - before
        meter.done.set()
        watcher.join()


def _cpu_s(stack: LocalStack) -> float:
    """CPU seconds so far, those of ended children included: Python workers end with their job."""
    started = [
        one for name, one in stack.record.processes.items() if name == "redis" or name.startswith("task-")
    ]
    roots = [process for one in started if (process := one.process()) is not None]
    return sum(_spent_s(process) for root in roots for process in with_descendants(root))


def _spent_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
