"""The gate on the real stack: whatever comes, the job stays up and every message is accounted for."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from threading import Thread
from typing import Any

import pytest

from flink_jobs.event_gate_config import EventGateConfig
from schemas.avro import decode
from schemas.event_types import (
    CLEAN,
    DEAD_LETTER,
    DEAD_LETTER_BYTES,
    EVENT_TYPES,
    RAW,
    SUSPECT,
    WITHHELD,
    Header,
)
from tests.corner import Corner, await_true
from tests.gate_corner import GateCorner
from tests.mutations import mutated
from tests.oracles.admit_events import Key, verdict
from tests.oracles.raw_events import event_of
from tests.raw_messages import NOW_MS, message
from tidemark.flink import get
from tidemark.gate.read_topic import headers_of
from tidemark.topics import create_topics

pytestmark = pytest.mark.flink

ANY_TIME = ("--set", "event_time_window=off")
TOO_LARGE = EventGateConfig().max_message_bytes
OUTAGE_S = 8

VERTICES = [
    "Source: messages from Kafka -> (not too large, too large)",
    "decode, check, encode -> decoded",
    "repeats and suspects by visitor -> topics and headers -> checked -> "
    "outcomes to Kafka: Writer -> outcomes to Kafka: Committer",
]


@pytest.fixture
def gate(corner: Corner) -> GateCorner:
    return GateCorner(corner)


def keyed(raws: Iterable[bytes | None], seed: int = 3) -> list[tuple[str, bytes | None]]:
    """Key them by visitor or article, where one can be read: in one partition their order is certain."""
    dice = random.Random(seed)
    found = []
    for raw in raws:
        event = event_of(raw) if raw is None or len(raw) <= TOO_LARGE else None
        key = str(dice.randrange(1000)) if event is None else event[EVENT_TYPES[event["type"]].key]
        found.append((key, raw))
    return found


class Expected:
    """What the gate should say, by the oracles, message by message in order."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = defaultdict(Key)
        self._per_minute = EventGateConfig().per_minute
        self.duplicates = 0
        self.topics: dict[str, str] = {}
        self.events: dict[str, dict[str, Any]] = {}

    def add(self, messages: Iterable[tuple[str, bytes | None]], positions: Iterable[str]) -> None:
        for (_, raw), position in zip(messages, positions, strict=True):
            self.topics[position] = self._topic(raw, position)

    def _topic(self, raw: bytes | None, position: str) -> str:
        if raw is not None and len(raw) > TOO_LARGE:
            return DEAD_LETTER
        event = event_of(raw)
        if event is None:
            refuses = raw is not None and b'"consent": false' in raw
            return WITHHELD if refuses else DEAD_LETTER
        of = EVENT_TYPES[event["type"]]
        if event.get("consent") is False and of.tracks_visitor:
            return WITHHELD
        minute = event["event_time"] // 60_000 if of.tracks_visitor else -1
        unit = event.get("basket_id")
        if unit is None and event.get("kind") == "impression":
            unit = event["list_id"]
        key = self._keys[event[of.key]]
        said = verdict(key, of.topic, event["event_id"], minute, unit, self._per_minute)
        if said is not None:
            self.duplicates += said == "duplicate"
            return WITHHELD if said == "duplicate" else SUSPECT
        self.events[position] = event
        return of.topic

    def counts(self) -> Counter[str]:
        return Counter(self.topics.values())

    def counters(self) -> dict[str, int]:
        """What Flink's counters say: what is withheld was refused, unless it repeats something."""
        counts = self.counts()
        return {
            "passed": sum(counts[topic] for topic in CLEAN),
            "refused": counts[DEAD_LETTER] + counts[WITHHELD] - self.duplicates,
            "duplicates": self.duplicates,
            "suspects": counts[SUSPECT],
        }


def agrees(gate: GateCorner, expected: Expected) -> None:
    """Each position has the outcome expected, and that alone; the report adds up to the message."""
    found = gate.outcomes()
    assert {position: {topic for topic, _ in said} for position, said in found.items()} == {
        position: {topic} for position, topic in expected.topics.items()
    }
    counts, report = expected.counts(), gate.report()
    assert report["came_in"] == len(expected.topics)
    assert report["passed"] == {topic: counts[topic] for topic in CLEAN}
    assert report["dead_letters"] == counts[DEAD_LETTER]
    assert report["suspects"] == counts[SUSPECT]
    assert sum(report["withheld"].values()) == counts[WITHHELD]
    assert (report["waiting"], report["missing_count"], report["strays"]) == (0, 0, 0)
    passed = {topic for topic in CLEAN if counts[topic]}
    assert passed == set(CLEAN), "a type of event is not in the test"


def every_valid_event_is_in_its_topic(gate: GateCorner, expected: Expected) -> None:
    schemas = {of.topic: of.schema for of in EVENT_TYPES.values()}
    got = {}
    for name, record in gate.records():
        if name in schemas:
            got[headers_of(record)[Header.SOURCE].decode()] = decode(schemas[name], record.value)
    assert got.keys() == expected.events.keys()
    for position, event in expected.events.items():
        sent = {name: event.get(name, default) for name, default in with_defaults(event["type"])}
        assert got[position] == sent


def with_defaults(name: str) -> list[tuple[str, Any]]:
    return [(field["name"], field.get("default")) for field in EVENT_TYPES[name].schema.fields]


def test_nothing_that_trackers_send_stops_the_job_or_gets_lost(gate: GateCorner) -> None:
    crawler = [message("behavior", visitor_id="crawler", event_id=f"c{i}") for i in range(500)]
    messages = keyed(mutated(12_000)) + keyed(crawler)
    random.Random(1).shuffle(messages)
    messages += messages[:2_000]
    messages[6_000:6_000] = messages[:50]
    first, rest = messages[:7_000], messages[7_000:]
    expected, corner = Expected(), gate.corner
    job = gate.submit(*ANY_TIME)
    expected.add(first, gate.produce(first))
    gate.await_outcomes(len(first))
    await_true(lambda: gate.counters(job) == expected.counters(), 30, lambda: str(gate.counters(job)))
    assert all(expected.counters().values())
    assert corner.restarts(job) == 0

    positions: list[str] = []
    chunks = [rest[at : at + 200] for at in range(0, len(rest), 200)]

    def send() -> None:
        for chunk in chunks:
            positions.extend(gate.produce(chunk))

    sender = Thread(target=send)
    sender.start()
    before = len(first) + 500
    await_true(lambda: gate.accounted() > before, 60, lambda: "the rest does not arrive")
    corner.stack.kill_task_manager()
    assert sender.is_alive(), "killed after the last message was sent: not in the middle"
    corner.stack.start_task_manager()
    sender.join()
    expected.add(rest, positions)
    gate.await_outcomes(len(messages))
    await_true(lambda: corner.restarts(job) >= 1, 30, lambda: "no restart was counted")
    gate.await_committed(job)
    restarts = corner.restarts(job)

    agrees(gate, expected)
    every_valid_event_is_in_its_topic(gate, expected)
    gate.await_committed(job)
    assert (gate.state(job), corner.restarts(job)) == ("RUNNING", restarts), "it goes on restarting"


def test_an_outage_of_the_broker_in_mid_stream_loses_nothing(gate: GateCorner) -> None:
    n = 120_000
    exposures = (
        message("exposure", visitor_id=f"v{i % 500}", event_id=f"e{i}", event_time=NOW_MS + 1000 * i)
        for i in range(n)
    )
    gate.produce((f"v{i % 500}", raw) for i, raw in enumerate(exposures))
    job, stack = gate.submit(*ANY_TIME), gate.corner.stack
    await_true(lambda: gate.written() > 0, 60, lambda: "nothing is written")
    stack.stop_kafka()
    time.sleep(OUTAGE_S)
    stack.start_kafka()
    assert 0 < gate.written() < n, "stopped after the last message: not in the middle"
    await_true(lambda: gate.written() >= n, 120, lambda: f"{gate.written()} of {n}")
    gate.await_committed(job)
    report = gate.report()
    assert (report["came_in"], report["passed"]["exposures.v2"], report["missing_count"]) == (n, n, 0)
    assert report["waiting"] == 0
    assert gate.corner.restarts(job) == 0


def test_dead_letters_are_sent_again_after_a_fix_and_twice_changes_nothing(gate: GateCorner) -> None:
    old = [message("behavior", event_id=f"e{i}", event_time=NOW_MS - 10**12) for i in range(20)]
    raws = [*old, b"\x1b[31mred", message("behavior", price="9,99", event_id="p"), *old[:5]]
    strict = gate.submit()
    gate.produce([("v1", raw) for raw in raws])
    gate.await_outcomes(len(raws))
    gate.await_committed(strict)
    too_old = "behavior.event_time: older than the gate's event_time_window"
    listed = gate.dead_letters()
    assert too_old in listed
    assert "\\x1b[31mred" in listed
    assert "\x1b[31m" not in listed
    assert gate.report()["dead_letters"] == 27

    gate.corner.cancel_all()
    job = gate.submit(*ANY_TIME, "--start", "committed")
    assert "25 dead letters sent again" in gate.dead_letters("--reason", "*event_time_window", "--resend")
    assert "0 dead letters sent again" in gate.dead_letters("--reason", "*event_time_window", "--resend")
    await_true(lambda: gate.report()["passed"]["behaviors"] == 20, 60, lambda: str(gate.report()))
    gate.await_committed(job)
    mended = gate.report()
    assert (mended["dead_letters"], mended["withheld"]["duplicate"], mended["came_in"]) == (2, 5, 27)
    assert mended["adds_up"]

    assert "2 dead letters sent again" in gate.dead_letters("--resend")
    await_true(lambda: gate.report()["repeats"] == mended["repeats"] + 2, 60, lambda: str(gate.report()))
    again = gate.report()
    assert {**again, "repeats": 0} == {**mended, "repeats": 0}
    assert "price: not a number" in gate.dead_letters()


def test_large_messages_in_a_flood_do_not_exhaust_memory(gate: GateCorner) -> None:
    padding = "x" * (TOO_LARGE - 1000)
    large = [("v", message("erasure", event_id=f"e{i}", padding=padding)) for i in range(3000)]
    job = gate.submit(*ANY_TIME)
    gate.produce(large)
    gate.await_outcomes(len(large))
    assert gate.corner.restarts(job) == 0


def test_vertices_have_readable_names(gate: GateCorner) -> None:
    job = get(gate.corner.flink, f"/jobs/{gate.submit()}")
    assert [vertex["name"] for vertex in job["vertices"]] == VERTICES


def test_of_a_message_larger_than_topics_take_the_beginning_is_kept(corner: Corner) -> None:
    create_topics(corner.kafka, [f"{corner.name}.{RAW}"], config={"max.message.bytes": str(2**23)})
    gate, huge = GateCorner(corner), message("behavior", padding="x" * 3 * 2**20)
    gate.submit(*ANY_TIME)
    (position,) = gate.produce([("v", huge)])
    gate.await_outcomes(1)
    assert gate.outcomes() == {position: {(DEAD_LETTER, "too large")}}
    assert [record.value for _, record in gate.records()] == [huge[:DEAD_LETTER_BYTES]]
    assert "0 dead letters sent again" in gate.dead_letters("--resend")
