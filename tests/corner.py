"""A test's own corner of the shared stack: a topic, a namespace in Redis, and the command line."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from kafka import KafkaProducer

from schemas.avro import encode
from schemas.behaviors import SCHEMA
from tests.on_stack import OnStack
from tests.oracles.preferences import Visitors
from tests.oracles.redis_agrees import differences
from tidemark import flink
from tidemark.stack.stack import LocalStack
from tidemark.topics import create_topics

JOB = "visitor_preferences"


@dataclass
class Corner(OnStack):
    """Nothing in it is seen by another test but the cluster's slots: cancel what you start."""

    stack: LocalStack
    name: str = field(default_factory=lambda: f"t{uuid4().hex[:10]}")
    topic: str = ""

    def __post_init__(self) -> None:
        self.topic = self.topic or self.name
        create_topics(self.kafka, [self.topic, self.erasures_topic])

    def beside(self) -> "Corner":
        """The same topic, another namespace."""
        return Corner(self.stack, topic=self.topic)

    @property
    def erasures_topic(self) -> str:
        return f"{self.topic}.erasures"

    @property
    def namespace(self) -> str:
        return self.name

    def tidemark(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """The command as a person types it, with this corner's addresses in the environment."""
        variables = {
            "TIDEMARK_RUN": str(self.stack.run),
            "TIDEMARK_TOOLS": str(self.stack.tools),
            "TIDEMARK_NAMESPACE": self.name,
            **environment,
        }
        return subprocess.run(
            [str(Path(sys.executable).parent / "tidemark"), *words],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def submit(self, *words: str) -> str:
        """Submit the job on this corner's topic; returns its id."""
        topics = ("--set", f"topic={self.topic}", "--set", f"erasures_topic={self.erasures_topic}")
        done = self.tidemark("submit", JOB, *topics, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def produce(self, events: Iterable[dict[str, Any]]) -> None:
        """Send behaviours as a trusted producer would: Avro, keyed by visitor."""
        producer = KafkaProducer(bootstrap_servers=self.kafka, linger_ms=20, acks="all")
        for event in events:
            producer.send(self.topic, encode(SCHEMA, event), event["visitor_id"].encode())
        producer.flush()
        producer.close()

    def differences(self, expected: Visitors) -> list[str]:
        return differences(self.redis, self.schema, expected)

    def await_agreement(self, expected: Visitors, within_s: float = 90) -> None:
        """Wait until Redis is what the oracle says."""
        await_true(lambda: not self.differences(expected), within_s, lambda: str(self.differences(expected)))

    def await_state(self, job_id: str, *states: str, within_s: float = 120) -> None:
        def state() -> str:
            return str(flink.get(self.flink, f"/jobs/{job_id}")["state"])

        await_true(lambda: state() in states, within_s, lambda: f"job {job_id} is {state()}, not {states}")

    def checkpoints(self, job_id: str) -> int:
        return int(flink.get(self.flink, f"/jobs/{job_id}/checkpoints")["counts"]["completed"])

    def restarts(self, job_id: str) -> int:
        path = f"/jobs/{job_id}/metrics?get=numRestarts"
        # A job manager reports it after a while; until then nothing is known, which is not zero.
        await_true(lambda: bool(flink.get(self.flink, path)), 30, lambda: "numRestarts is not reported")
        return int(flink.get(self.flink, path)[0]["value"])

    def cancel_all(self) -> None:
        """End whatever jobs run, so that the next test has the slot."""
        for job in flink.list_jobs(self.flink):
            if job.is_running:
                requests.patch(f"http://{self.flink}/jobs/{job.id}?mode=cancel", timeout=10)
                self.await_state(job.id, "CANCELED", "FINISHED", "FAILED")


def await_true(condition: Callable[[], bool], within_s: float, otherwise: Callable[[], str]) -> None:
    """Fail with `otherwise` when `condition` never holds."""
    assert holds_within(condition, within_s), f"not within {within_s} s: {otherwise()}"


def holds_within(condition: Callable[[], bool], within_s: float) -> bool:
    """Look twice a second until `condition` holds, or the time is over."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.5)
    return True
