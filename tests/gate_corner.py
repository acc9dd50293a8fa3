"""The gate in a test's own corner of the shared stack: topics of its own, messages in, outcomes out."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaProducer

from schemas.event_types import OUTCOMES, RAW, RESENT, WITHHELD, Header
from tests.corner import Corner, await_true
from tidemark import flink
from tidemark.gate.read_topic import headers_of, read_topic
from tidemark.job_metrics import summed
from tidemark.topics import check_topic, create_topics, describe_topics

JOB = "event_gate"


@dataclass
class GateCorner:
    """Topics with a prefix of the test's own."""

    corner: Corner
    prefix: str = ""
    sent: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.prefix = f"{self.corner.name}."
        create_topics(self.corner.kafka, [self.prefix + name for name in (RAW, RESENT, *OUTCOMES)])

    def submit(self, *words: str) -> str:
        """Submit the gate on this corner's topics; returns the job's id."""
        done = self.corner.tidemark("submit", JOB, "--set", f"topic_prefix={self.prefix}", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def produce(self, messages: Iterable[tuple[str, bytes | None]]) -> list[str]:
        """Send (key, message); returns their positions. Those of one key keep their order."""
        producer = KafkaProducer(
            bootstrap_servers=self.corner.kafka, linger_ms=20, acks="all", max_request_size=2**23
        )
        futures = [producer.send(self.prefix + RAW, raw, key.encode()) for key, raw in messages]
        producer.flush()
        found = [future.get(30) for future in futures]
        producer.close()
        return [f"{self.prefix}{RAW}:{at.partition}:{at.offset}" for at in found]

    def report(self) -> dict[str, Any]:
        """`tidemark gate-report --json`."""
        done = self.corner.tidemark("gate-report", "--prefix", self.prefix, "--json")
        assert done.stdout, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if report["adds_up"] else 1)
        return report

    def counters(self, job: str) -> dict[str, int]:
        """What Flink shows of the job."""
        return summed(self.corner.flink, job, ("passed", "refused", "duplicates", "suspects"))

    def written(self) -> int:
        """Messages in the topics that the gate writes."""
        names = [self.prefix + name for name in OUTCOMES]
        return sum(topic.messages for topic in describe_topics(self.corner.kafka, names))

    def accounted(self) -> int:
        """Distinct positions that have an outcome."""
        return len(self.outcomes())

    def await_outcomes(self, n: int, within_s: float = 120) -> None:
        await_true(lambda: self.accounted() >= n, within_s, lambda: f"{self.accounted()} of {n}")

    def await_committed(self, job: str) -> None:
        """Two checkpoints from now: what had been read has been committed."""
        before = self.corner.checkpoints(job)
        await_true(lambda: self.corner.checkpoints(job) >= before + 2, 60, lambda: "no checkpoint")

    def dead_letters(self, *words: str) -> str:
        done = self.corner.tidemark("dead-letters", "--prefix", self.prefix, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def outcomes(self) -> dict[str, set[tuple[str, str]]]:
        """Position -> every outcome: (topic; reason, cause, or where it would have gone)."""
        found = defaultdict(set)
        for name, record in self.records():
            headers = headers_of(record)
            said = headers.get(Header.REASON, headers.get(Header.TO, b"")).decode()
            detail = record.value.decode() if name == WITHHELD else said
            found[headers[Header.SOURCE].decode()].add((name, detail))
        return dict(found)

    def records(self) -> Iterable[tuple[str, Any]]:
        """Every record of the topics that the gate writes."""
        for name in OUTCOMES:
            for batch in read_topic(self.corner.kafka, check_topic(self.corner.kafka, self.prefix + name)):
                yield from ((name, record) for record in batch)

    def state(self, job: str) -> str:
        return str(flink.get(self.corner.flink, f"/jobs/{job}")["state"])
