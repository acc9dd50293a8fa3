"""`tidemark demo`: real purchases through a real stack, watched in the terminal."""

import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.live import Live

from flink_jobs.config import VisitorPreferencesConfig
from schemas.event_types import DEAD_LETTER
from schemas.preferences import AT
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_server import Command, raised
from tidemark.client import Tidemark
from tidemark.errors import UserError
from tidemark.flink import running_job
from tidemark.job_metrics import job_metrics
from tidemark.jobs import JobRecord, submit
from tidemark.live_view import Rate, Screen, render
from tidemark.preferences import Preferences
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.messages import Json
from tidemark.replay.run import Replayed, replay
from tidemark.stack.stack import LocalStack
from tidemark.topics import create_topics, describe_topics

GATE, JOB = "event_gate", "visitor_preferences"
BROKEN = 0.03
HORIZONS = ("live", "recent", "long")
VISITORS = 3
TOP = 3
REFRESH_S = 1.0
LOOKED_AT = 500
STAY_S = 5.0


@dataclass(frozen=True)
class Demo:
    """How the demo runs.

    run : folder of the demo's own stack; wiped at the start, so that the year begins anew.
    speed : seconds of event time a second; infinity is as fast as possible.
    seconds : end by itself after so long; None: at Ctrl-C.
    """

    run: Path
    tools: Path
    speed: float
    seconds: float | None


def demo(settings: Demo, console: Console) -> None:
    """Bring everything up, replay, show, and leave no process behind."""
    stack = LocalStack(settings.run, settings.tools, task_managers=2, say=console.print)
    stack.down()
    shutil.rmtree(settings.run, ignore_errors=True)
    try:
        stack.up()
        kafka, redis, flink = (stack.addresses[name] for name in ("kafka", "redis", "flink"))
        create_topics(kafka)
        console.print(f"submitting {GATE} and {JOB} …")
        any_time = {**stack.access, "TIDEMARK_GATE_EVENT_TIME_WINDOW": "off"}
        submit(flink, settings.run, JobRecord(GATE, any_time), lambda _: None)
        job_id = submit(flink, settings.run, JobRecord(JOB, stack.access), lambda _: None)
        with replaying(kafka, settings.speed) as progress, closing(Tidemark(RedisAddress(redis))) as client:
            watch(Watched(settings, kafka, flink, redis, job_id, progress, client), console)
    except KeyboardInterrupt:
        console.print("stopping …")
    finally:
        discard(stack)


def discard(stack: LocalStack) -> None:
    """End the demo's stack without a savepoint, since the next begins anew; deaf to a second Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stack.down(keep_jobs=False)
    finally:
        signal.signal(signal.SIGINT, before)


class Progress:
    """What the replaying thread last said."""

    def __init__(self) -> None:
        self.replayed = Replayed()
        self.ended = False
        self.failed: UserError | None = None

    def words(self) -> str:
        sent = f"{self.replayed.sent:,} sent, {self.replayed.share:.0%}"
        return f"{sent}, complete" if self.ended else sent


@contextmanager
def replaying(kafka: str, speed: float) -> Iterator[Progress]:
    """Replay JSON, some of it broken, in a thread that ends with the block."""
    progress, stop = Progress(), threading.Event()

    def run() -> None:
        def note(replayed: Replayed) -> None:
            progress.replayed = replayed

        try:
            messages = Json(broken=BROKEN)
            replay(CompleteJourney(), kafka, messages=messages, speed=speed, on_progress=note, stop=stop)
        except UserError as error:
            progress.failed = error
        progress.ended = True

    thread = threading.Thread(target=run, name="replay", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        stop.set()
        thread.join(timeout=30)


@dataclass(frozen=True)
class Watched:
    """All that the screen shows comes from here."""

    settings: Demo
    kafka: str
    flink: str
    redis: str
    job_id: str
    progress: Progress
    client: Tidemark


def watch(watched: Watched, console: Console) -> None:
    """Draw the screen each second until Ctrl-C, the end of the time given, or a failure of the replay."""
    began_s, rate = time.monotonic(), Rate()
    visitors: list[str] = []
    choose_at_s = began_s
    with Live(console=console, auto_refresh=False, screen=False) as live:
        while watched.settings.seconds is None or time.monotonic() - began_s < watched.settings.seconds:
            now_s = time.monotonic()
            if now_s >= choose_at_s:
                visitors, choose_at_s = latest_visitors(watched.redis), now_s + STAY_S
            live.update(render(picture(watched, visitors, rate)), refresh=True)
            if watched.progress.failed:
                raise watched.progress.failed
            time.sleep(REFRESH_S)


def picture(watched: Watched, visitors: list[str], rate: Rate) -> Screen:
    """Ask Flink, Redis and the replay how they are."""
    metrics = job_metrics(watched.flink, watched.job_id)
    job = running_job(watched.flink, JOB)
    clock_ms = watched.progress.replayed.now_ms
    return Screen(
        flink=watched.flink,
        state=job.state if job else "ended",
        events=metrics.events,
        events_a_second=rate.update(time.monotonic(), metrics.events),
        lag=metrics.lag,
        dead_letters=describe_topics(watched.kafka, [DEAD_LETTER])[0].messages,
        replay=watched.progress.words(),
        event_time=datetime.fromtimestamp(clock_ms / 1000, UTC) if clock_ms else None,
        preferences={visitor: _preferences(watched.client, visitor) for visitor in visitors},
        hint=hint(watched.settings.run, visitors),
    )


def hint(run: Path, visitors: list[str]) -> str:
    """What to type next."""
    show = f"TIDEMARK_RUN={run} {sys.argv[0]} show visitor {visitors[0] if visitors else 'ID'} --at latest"
    letters = f"TIDEMARK_RUN={run} {sys.argv[0]} dead-letters"
    return f"In another terminal: {show}\n                     {letters}\nCtrl-C ends all of it."


def latest_visitors(redis: str) -> list[str]:
    """Of the sampled visitors those whose last event is the newest."""
    schema = VisitorPreferencesConfig().redis_schema
    with closing(RedisConnection(RedisAddress(redis))) as connection:
        sampled: list[bytes] = connection.ask(["ZRANGE", schema.sample_key, 0, LOOKED_AT - 1])
        hashes: list[Command] = [["HGET", schema.visitor_key(v.decode()), AT] for v in sampled]
        at = dict(zip(sampled, raised(connection.exchange(hashes)), strict=True))
    return [visitor.decode() for visitor in sorted(sampled, key=lambda v: -int(at[v] or 0))[:VISITORS]]


def _preferences(client: Tidemark, visitor: str) -> dict[str, Preferences]:
    """As of the visitor's own last event, which a replay of old data leaves in the past."""
    at = client.preferences(visitor, "category").latest_event
    return {h: client.preferences(visitor, "category", h, at=at, top=TOP) for h in HORIZONS}
