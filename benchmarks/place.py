"""Where subjects run: a stack of the benchmark's own, its topics, and what is measured around a run."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import redis as redis_py

from tests.on_stack import OnStack
from tidemark.errors import UserError
from tidemark.stack.processes import with_descendants
from tidemark.stack.stack import LocalStack

ROOT = Path(__file__).parents[1]
NAMESPACE = "bench"
TOPIC, PREFIX_TOPIC = "bench", "bench-prefix"
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Place(OnStack):
    """A stack that is up, and how many messages its topics hold."""

    stack: LocalStack
    job: str
    events: int
    prefix: int

    @property
    def namespace(self) -> str:
        return NAMESPACE

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

    spent_s : CPU seconds by process, of the task managers with their Python workers, and of Redis. Looked at
        over and over, since the workers end with their job and nobody waits for them.
    first_write_s : epoch seconds when Redis had answered the first write; None when there was none.
    """

    place: Place
    spent_s: dict[psutil.Process, float] = field(default_factory=dict)
    first_write_s: float | None = None
    done: Event = field(default_factory=Event)

    def watch(self) -> None:
        """Look until the run is over."""
        with redis_py.Redis.from_url(self.place.redis) as client:
            while not self.done.wait(LOOK_EVERY_S):
                self.spent_s.update(_spent_s(self.place.stack))
                if self.first_write_s is None:
                    statistics: Any = client.info("commandstats")
                    if "cmdstat_fcall" in statistics:
                        self.first_write_s = time.time()

    def cpu_s(self) -> float:
        """Of all processes together."""
        return sum(self.spent_s.values())

    def redis_cpu_s(self) -> float:
        """Of Redis alone."""
        redis = self.place.stack.record.processes["redis"].pid
        return sum(spent_s for process, spent_s in self.spent_s.items() if process.pid == redis)


@contextmanager
def metered(place: Place) -> Iterator[Meter]:
    """Measure what happens within."""
    meter, before = Meter(place), dict(_spent_s(place.stack))
    watcher = Thread(target=meter.watch)
    watcher.start()
    try:
        yield meter
    finally:
        meter.done.set()
        watcher.join()
        meter.spent_s.update(_spent_s(place.stack))
        for process in before.keys() & meter.spent_s.keys():  # one of the run before may have ended at once
            meter.spent_s[process] -= before[process]


def _spent_s(stack: LocalStack) -> Iterator[tuple[psutil.Process, float]]:
    """Processes and the CPU seconds that each has used so far."""
    started = [
        one for name, one in stack.record.processes.items() if name == "redis" or name.startswith("task-")
    ]
    for root in (process for one in started if (process := one.process()) is not None):
        for process in with_descendants(root):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                yield process, times.user + times.system


def until(condition: Callable[[], bool], within_s: float, otherwise: str) -> None:
    """Look until it holds. Raises UserError with `otherwise`: it did not."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise UserError(f"{otherwise} within {within_s:.0f} s", exit_code=1)
        time.sleep(LOOK_EVERY_S)
