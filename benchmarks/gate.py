"""The event gate and its peers: what they read, and when each had written its last message."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from benchmarks import preload, subjects
from benchmarks.place import Place
from benchmarks.subjects import Subject, Timed
from benchmarks.work import Say, Work
from schemas.event_types import OUTCOMES, RAW, RESENT
from tidemark.gate.report import gate_report
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.delivery import Delivery
from tidemark.replay.messages import Json
from tidemark.topics import check_topic, create_topics

JOB, PEER = "event_gate", "gate_per_record"
BACKENDS = ("rocksdb", "heap")
BROKEN = 0.03
WHOLE, FIRST = "bench.", "bench-first."
"""Before the names of the topics: of all messages, and of the first for the slow subject."""

APPENDED = {"message.timestamp.type": "LogAppendTime"}


def messages() -> Iterator[tuple[str, bytes, bytes]]:
    """Kind, key and JSON of each, without end."""
    source, form, seen = CompleteJourney(), Json(broken=BROKEN), set[str]()
    for event in preload.endless():
        kind = "repeat" if event["event_id"] in seen else "event"
        seen.add(event["event_id"])
        for named, message in zip((kind, "broken"), form.of(source, event), strict=False):
            yield named, event["visitor_id"].encode(), message


class Gate(Work):
    """`event_gate`: JSON, some of it repeated or broken, and an outcome for each."""

    compared_with = "what was sent"

    def __init__(self) -> None:
        self._sent: dict[str, Counter[str]] = {WHOLE: Counter(), FIRST: Counter()}
        self.subjects = {
            subject.name: subject
            for subject in (
                Subject("tidemark", BACKENDS, _timed(WHOLE, _submit)),
                Subject("blackhole", (None,), _blackhole, writes=False),
                Subject("per_record", BACKENDS, _timed(FIRST, _peer(PEER, "thread")), prefix=True),
                Subject("per_record_process", BACKENDS, _timed(FIRST, _peer(PEER, "process")), prefix=True),
            )
        }

    def preload(self, place: Place, say: Say) -> None:
        for prefix, count in ((WHOLE, place.events), (FIRST, place.prefix)):
            create_topics(place.kafka, [prefix + name for name in (RAW, RESENT)])
            with Delivery(place.kafka, prefix + RAW) as delivery:
                for kind, key, message in islice(messages(), count):
                    delivery.send(key, message)
                    self._sent[prefix][kind] += 1
                delivery.finish()
            say(f"preloaded {count:,} messages")

    def wrong(self, place: Place, subject: Subject, messages: int) -> str:  # noqa: ARG002
        prefix = FIRST if subject.prefix else WHOLE
        report = gate_report(place.kafka, prefix, lambda _: None)
        found = {
            "event": sum(report.passed.values()),
            "repeat": report.withheld["duplicate"],
            "broken": report.dead_letters,
        }
        accounted = sum(found.values()) == report.came_in and not report.repeats
        return "" if accounted and found == self._sent[prefix] else f"{found}, {report}"


Start = Callable[[Place, str], str]
"""Start a job on the topics of a prefix; returns its id."""


def _timed(prefix: str, start: Start) -> Callable[[Place], Timed]:
    """From the start of the job to its last message in the topics; started when the first is there."""

    def run(place: Place) -> Timed:
        _empty(place.kafka, prefix)
        ended = subjects.ended(place, start(place, prefix), writes=False)
        first_s, last_s = _span_s(place.kafka, prefix)
        return replace(ended, duration_s=last_s - ended.start_s, startup_s=first_s - ended.start_s)

    return run


def _blackhole(place: Place) -> Timed:
    return subjects.ended(place, _peer("gate_blackhole")(place, WHOLE), writes=False)


def _submit(place: Place, prefix: str) -> str:
    return subjects.start(place, _settings(prefix))


def _peer(name: str, *words: str) -> Start:
    return lambda place, prefix: subjects.start_peer(
        place, name, words, {"TIDEMARK_KAFKA": place.kafka, **_settings(prefix)}
    )


def _settings(prefix: str) -> dict[str, str]:
    return {
        "TIDEMARK_UNTIL_NOW": "true",
        "TIDEMARK_GATE_EVENT_TIME_WINDOW": "off",
        "TIDEMARK_GATE_TOPIC_PREFIX": prefix,
    }


def _empty(kafka: str, prefix: str) -> None:
    """The topics of the outcomes anew, with the broker's clock."""
    names = [prefix + name for name in OUTCOMES]
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    there = set(admin.list_topics())
    admin.delete_topics([name for name in names if name in there])
    admin.close()
    create_topics(kafka, names, config=APPENDED)


def _span_s(kafka: str, prefix: str) -> tuple[float, float]:
    """When the broker appended the first message of the outcomes, and when the last; epoch seconds."""
    appended_ms = []
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    for topic in (check_topic(kafka, prefix + name) for name in OUTCOMES):
        for partition, end in topic.end.items():
            for offset in {topic.first[partition], end - 1} if end > topic.first[partition] else ():
                part = TopicPartition(topic.name, partition)
                consumer.assign([part])
                consumer.seek(part, offset)
                while not (found := consumer.poll(1000)):
                    continue
                appended_ms.append(found[part][0].timestamp)
    consumer.close()
    return min(appended_ms) / 1000, max(appended_ms) / 1000
