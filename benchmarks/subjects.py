"""What is measured: each subject from the start of its process or job to its last write."""

import os
import re
import resource
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.peer_environment import peer_python
from benchmarks.peers.arguments import Arguments
from benchmarks.place import NAMESPACE, PREFIX_TOPIC, ROOT, TOPIC, Place, metered, python_path
from tidemark import flink, jobs
from tidemark.errors import UserError

LONGEST_S = 3600
LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Timed:
    """From `start_s` (epoch); `cpu_s` is of processes beside the stack.

    startup_s : the part of `duration_s` before events flow; None: until Redis had the first write. (Flink's
        Python workers open after their task counts as running; until they have, events wait.)
    """

    start_s: float
    duration_s: float
    startup_s: float | None
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Run:
    """One run of one subject; see `Timed`."""

    events: int
    duration_s: float
    startup_s: float
    cpu_s: float
    redis_cpu_s: float = 0.0


@dataclass(frozen=True)
class Subject:
    """`backends` it can keep state on (None: it has none); `prefix`: too slow for all events."""

    name: str
    backends: tuple[str | None, ...]
    time: Callable[[Place], Timed]
    prefix: bool = False
    writes: bool = True

    def events(self, place: Place) -> int:
        return place.prefix if self.prefix else place.events

    def run(self, place: Place) -> Run:
        """One run, from an empty Redis."""
        place.empty_redis()
        with metered(place) as meter:
            timed = self.time(place)
        startup_s = timed.startup_s
        if startup_s is None:
            startup_s = (meter.first_write_s or timed.start_s) - timed.start_s
        cpu_s = meter.cpu_s() + timed.cpu_s
        return Run(self.events(place), timed.duration_s, startup_s, cpu_s, meter.redis_cpu_s())


def tidemark(place: Place) -> Timed:
    """The job as users submit it, until it has read the topic."""
    return ended(place, submit(place, TOPIC, {"TIDEMARK_UNTIL_NOW": "true"}))


def submit(place: Place, topic: str, settings: Mapping[str, str]) -> str:
    """Start the job on a topic; returns its id."""
    return start(place, {f"{jobs.JOBS[place.job].prefix}TOPIC": topic, **settings})


def start(place: Place, settings: Mapping[str, str]) -> str:
    """Start the job as users submit it; returns its id."""
    environment = {
        "TIDEMARK_KAFKA": place.kafka,
        "TIDEMARK_REDIS": place.redis,
        "TIDEMARK_NAMESPACE": NAMESPACE,
        **settings,
    }
    record = jobs.JobRecord(place.job, environment)
    return jobs.submit(place.flink, place.stack.run, record, lambda _: None)


def flink_peer(name: str, topic: str) -> Callable[[Place], Timed]:
    """A PyFlink script of `peers/`."""

    def run(place: Place) -> Timed:
        job = start_peer(place, name, arguments(place, topic, Path()).words())
        return ended(place, job, writes=name != "blackhole")

    return run


def start_peer(
    place: Place, name: str, words: Sequence[str], settings: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Start a PyFlink script of `peers/` with words on its command line; returns the job's id."""
    script = str(ROOT / "benchmarks" / "peers" / f"{name}.py")
    line = flink.command("run", "--jobmanager", place.flink, "--detached", "--python", script, *words)
    variables = {**flink.environment(place.stack.run), "PYTHONPATH": python_path(), **settings}
    log = place.stack.run / "log" / f"submit-{name}.log"
    said = flink.call(line, variables, log, jobs.SUBMIT_TIMEOUT_S)
    return said.rpartition("JobID ")[2].split()[0]


def ended(place: Place, job_id: str, *, writes: bool = True) -> Timed:
    """Wait for the end of a job; its times are Flink's. One without writes is up when its last task runs.

    Raises
    ------
    UserError : it failed, once is enough: a run that started again is no measurement.
    """
    deadline = time.monotonic() + LONGEST_S
    # Asking for more than the status makes Flink collect all metrics: not while it is measured.
    while flink.get(place.flink, f"/jobs/{job_id}/status")["status"] in flink.RUNNING:
        if time.monotonic() > deadline:
            raise UserError(f"job {job_id} did not end within {LONGEST_S} s", exit_code=1)
        time.sleep(LOOK_EVERY_S)
    job = flink.get(place.flink, f"/jobs/{job_id}")
    failures = flink.get(place.flink, f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"]
    if failures or job["state"] != "FINISHED":
        what = failures[0]["stacktrace"].splitlines()[0] if failures else f"it is {job['state']}"
        raise UserError(f"job {job['name']} did not finish: {what}", exit_code=1)
    start_s, duration_s = job["start-time"] / 1000, job["duration"] / 1000
    if writes:
        return Timed(start_s, duration_s, None)
    paths = [f"/jobs/{job_id}/vertices/{vertex['id']}/subtasktimes" for vertex in job["vertices"]]
    tasks = [task for path in paths for task in flink.get(place.flink, path)["subtasks"]]
    ready_ms = max(task["timestamps"]["RUNNING"] for task in tasks)
    return Timed(start_s, duration_s, ready_ms / 1000 - start_s)


def python_peer(name: str) -> Callable[[Place], Timed]:
    """A module of `peers/` in an environment of its own."""

    def run(place: Place) -> Timed:
        python = peer_python(place.stack.tools)
        state = place.stack.run / "tmp" / f"{name}-{uuid.uuid4().hex[:8]}"
        state.mkdir(parents=True)
        log = place.stack.run / "log" / f"{name}.log"
        line = [str(python), "-m", f"benchmarks.peers.{name}", *arguments(place, TOPIC, state).words()]
        before, start_s = _children_cpu_s(), time.time()
        _call(line, log)
        duration_s, cpu_s = time.time() - start_s, _children_cpu_s() - before
        shutil.rmtree(state)
        return Timed(start_s, duration_s, ready_s(log.read_text()) - start_s, cpu_s)

    return run


def arguments(place: Place, topic: str, state: Path) -> Arguments:
    """For a peer."""
    events = place.prefix if topic == PREFIX_TOPIC else place.events
    return Arguments(place.kafka, place.redis, topic, events, place.schema, str(state))


def _call(line: list[str], log: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    with log.open("w") as stream:
        done = subprocess.run(
            line,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_S,
            check=False,
        )
    if done.returncode != 0:
        last = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"{line[2]} ended with {done.returncode}: {last}", exit_code=1)


def ready_s(output: str) -> float:
    """The epoch seconds that `first_event` said. Raises UserError: it never did."""
    found = re.search(r"^first event at ([\d.]+)$", output, re.MULTILINE)
    if found is None:
        raise UserError("the peer read no event", exit_code=1)
    return float(found.group(1))


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject("tidemark", ("rocksdb", "heap"), tidemark),
        Subject("blackhole", (None,), flink_peer("blackhole", TOPIC), writes=False),
        Subject("quix", ("rocksdb",), python_peer("quix")),
        Subject("bytewax", ("heap",), python_peer("bytewax")),
        Subject("per_record", ("rocksdb", "heap"), flink_peer("per_record", PREFIX_TOPIC), prefix=True),
    )
}
