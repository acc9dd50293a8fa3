"""The job `article_keywords` in a test's own corner of the shared stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import redis as redis_py
from kafka import KafkaProducer

from schemas.article_features import ArticleFeatures, features_key
from schemas.avro import encode
from schemas.event_types import EVENT_TYPES
from tests.corner import Corner, await_true
from tidemark.gate.read_topic import read_topic
from tidemark.topics import check_topic, create_topics

JOB = "article_keywords"
SCHEMA = EVENT_TYPES["article"].schema


@dataclass
class ArticleCorner:
    """Topics of the test's own; that of features has one partition, so its order is that of the job."""

    corner: Corner

    def __post_init__(self) -> None:
        create_topics(self.corner.kafka, [self.features_topic], partitions=1)
        self._redis: Any = redis_py.Redis.from_url(self.corner.redis)

    @property
    def features_topic(self) -> str:
        return f"{self.corner.topic}.article-features"

    def submit(self, *words: str) -> str:
        """Submit the job on these topics; returns its id."""
        topics = ("--set", f"topic={self.corner.topic}", "--set", f"features_topic={self.features_topic}")
        done = self.corner.tidemark("submit", JOB, *topics, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def produce(self, articles: Iterable[Mapping[str, Any]]) -> None:
        """Send them keyed by article; they are with the broker when this returns."""
        producer = KafkaProducer(bootstrap_servers=self.corner.kafka, linger_ms=20, acks="all")
        for article in articles:
            producer.send(self.corner.topic, encode(SCHEMA, article), article["article_id"].encode())
        producer.flush()
        producer.close()

    def in_redis(self, article_id: str) -> ArticleFeatures | None:
        """What Redis holds on the article."""
        found = self._redis.get(features_key(self.corner.namespace, 1, article_id))
        return None if found is None else ArticleFeatures.from_json(found)

    def described(self) -> int:
        """Articles of which Redis holds a description."""
        pattern = features_key(self.corner.namespace, 1, "*")
        return sum(1 for _ in self._redis.scan_iter(pattern, count=10_000))

    def await_described(self, n: int, within_s: float = 120) -> None:
        await_true(lambda: self.described() >= n, within_s, lambda: f"{self.described()} of {n} described")

    def learned_before(self, probe: Mapping[str, Any]) -> int:
        """How many articles the models had learned from when they saw `probe`, sent now."""
        self.produce([probe])
        article_id = probe["article_id"]
        await_true(lambda: self.in_redis(article_id) is not None, 60, lambda: "the probe is not described")
        found = self.in_redis(article_id)
        assert found is not None
        return found.seen

    def features(self) -> list[ArticleFeatures]:
        """All of the topic, in order."""
        topic = check_topic(self.corner.kafka, self.features_topic)
        batches = read_topic(self.corner.kafka, topic)
        return [ArticleFeatures.from_bytes(record.value) for batch in batches for record in batch]
