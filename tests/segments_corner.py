"""The job `visitor_segments` in a test's own corner of the shared stack."""

import json
from dataclasses import dataclass
from typing import Any

import redis as redis_py
from kafka import KafkaConsumer

from schemas.avro import decode, load
from schemas.segments import shop_profile_key
from tests.corner import Corner, await_true

JOB = "visitor_segments"


@dataclass
class SegmentsCorner(Corner):
    """A corner where segments are learned."""

    @property
    def changes_topic(self) -> str:
        return f"{self.topic}.changes"

    def submit(self, *words: str) -> str:
        topics = {
            "topic": self.topic,
            "erasures_topic": self.erasures_topic,
            "changes_topic": self.changes_topic,
        }
        sets = [word for name, value in topics.items() for word in ("--set", f"{name}={value}")]
        done = self.tidemark("submit", JOB, *sets, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def client(self) -> Any:
        return redis_py.Redis.from_url(self.redis)

    def segments(self, generation: int = 1) -> dict[tuple[str, str], dict[str, Any]]:
        """(visitor, shop) -> what Redis says."""
        client, found = self.client(), {}
        for key in client.scan_iter(f"{self.namespace}:{{*}}:segments:{generation}", count=10_000):
            visitor = key.split(b"{")[1].split(b"}")[0].decode()
            for shop, said in client.hgetall(key).items():
                found[visitor, shop.decode()] = json.loads(said)
        return found

    def profile(self, shop: str, generation: int = 1) -> dict[str, Any]:
        text = self.client().get(shop_profile_key(self.namespace, generation, shop))
        return json.loads(text) if text else {"visits": 0}

    def parts_told(self, shop: str) -> int:
        """How many parts of a hot shop were told what the others hold."""
        return sum(1 for _ in self.client().scan_iter(f"{self.namespace}:{{shop:{shop}}}:rest:1:*"))

    def await_visits(self, events: list[dict[str, Any]], within_s: float = 120, generation: int = 1) -> None:
        """Wait until each shop's profile has the visits of these events, no fewer and no more."""
        expected = visits_of(events)

        def found() -> dict[str, int]:
            return {shop: self.profile(shop, generation)["visits"] for shop in expected}

        await_true(lambda: found() == expected, within_s, lambda: f"visits {found()} of {expected}")

    def entered(self) -> dict[tuple[str, str], int]:
        """(visitor, shop) -> the segment of its last change in the topic."""
        consumer = KafkaConsumer(
            self.changes_topic,
            bootstrap_servers=self.kafka,
            auto_offset_reset="earliest",
            consumer_timeout_ms=3_000,
        )
        schema = load("segment_change")
        changes = [(message.key, decode(schema, message.value)) for message in consumer]
        consumer.close()
        assert all(key.decode() == change["visitor_id"] for key, change in changes)
        return {(of["visitor_id"], of["shop_id"]): int(of["entered"]) for _, of in changes}

    def cancel(self, job: str) -> None:
        self.tidemark("cancel", JOB)
        self.await_state(job, "CANCELED")


def at_one_shop(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event | {"shop_id": "one"} for event in events]


def at_shops(events: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Every visitor at one of so many shops, in two scripts."""
    names = ("shop {}", "商店 {} 🧴")
    return [
        event | {"shop_id": names[shop % 2].format(shop)}
        for event in events
        for shop in (int(event["visitor_id"]) % count,)
    ]


def visits_of(events: list[dict[str, Any]]) -> dict[str, int]:
    """Of each shop, by the definition: a visit begins with an event more than 30 minutes after the latest."""
    latest: dict[tuple[str, str], int] = {}
    visits: dict[str, int] = {}
    for event in events:
        who = event["visitor_id"], event["shop_id"]
        begins = who not in latest or event["event_time"] - latest[who] > 1_800_000
        visits[event["shop_id"]] = visits.get(event["shop_id"], 0) + begins
        latest[who] = max(latest.get(who, 0), event["event_time"])
    return visits
