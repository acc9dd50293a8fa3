"""The job `article_scores` in a test's own corner of the shared stack."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import redis as redis_py
from kafka import KafkaProducer

from schemas.article_features import ArticleFeatures
from schemas.article_rankings import (
    ArticleScore,
    Prequential,
    ShopRanking,
    metrics_key,
    ranking_key,
    score_key,
)
from schemas.article_readers import RECENT, RecentArticles, recent_key
from schemas.article_scores import MODEL, ServedArticles, SharedModel, article_key, shared_key
from schemas.avro import encode, load
from tests.corner import Corner, await_true
from tests.synthetic_lists import events
from tidemark.topics import PARTITIONS, create_topics

JOB = "article_scores"
HOUR_MS = 3_600_000
HALF_LIVES, DIMENSIONS = 4, 16


@dataclass
class ScoresCorner:
    """Feedback in the corner's topic, in several partitions."""

    corner: Corner

    def __post_init__(self) -> None:
        self._redis: Any = redis_py.Redis.from_url(self.corner.redis)
        self._namespace = self.corner.namespace

    @property
    def features_topic(self) -> str:
        return f"{self.corner.topic}.article-features"

    def submit(self, *settings: str) -> str:
        """Submit the job with short batches; returns its id."""
        topics = (
            f"topic={self.corner.topic}",
            f"erasures_topic={self.corner.erasures_topic}",
            f"features_topic={self.features_topic}",
        )
        words = [word for setting in (*topics, "batch_span=50 ms", *settings) for word in ("--set", setting)]
        done = self.corner.tidemark("submit", JOB, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def produce(self, feedback: Iterable[dict[str, Any]], partitions: int = PARTITIONS) -> None:
        """Send events by visitor to the first partitions; they are with the broker when this returns."""
        schema = load("feedback")
        producer = KafkaProducer(bootstrap_servers=self.corner.kafka, linger_ms=20, acks="all")
        for event in feedback:
            visitor = event["visitor_id"].encode()
            partition = crc32(visitor) % partitions
            producer.send(self.corner.topic, encode(schema, event), visitor, partition=partition)
        producer.flush()
        producer.close()

    def describe(self, features: Iterable[ArticleFeatures]) -> None:
        """Say this of articles, as `article_keywords` does; it is with the broker when this returns."""
        create_topics(self.corner.kafka, [self.features_topic], partitions=1)
        producer = KafkaProducer(bootstrap_servers=self.corner.kafka, acks="all")
        for of in features:
            producer.send(self.features_topic, of.to_bytes(), of.article_id.encode())
        producer.flush()
        producer.close()

    def pass_time(self, last: dict[str, Any], everywhere: bool) -> int:
        """Show a list of one article an hour later, so that all before it is known; returns how many lists.

        everywhere : one in each partition; else in one alone, and the others are idle.
        """
        visitors = {crc32(name.encode()) % PARTITIONS: name for name in (f"closing {i}" for i in range(99))}
        closing = [
            last
            | {
                "list_id": visitor,
                "visitor_id": visitor,
                "at_ms": last["at_ms"] + HOUR_MS,
                "list_length": 1,
                "articles": ["closing"],
                "clicked": [False],
            }
            for visitor in list(visitors.values())[: None if everywhere else 1]
        ]
        self.produce(events(closing))
        return len(closing)

    def shared(self) -> SharedModel | None:
        return SharedModel.from_fields(self._redis.hgetall(shared_key(self._namespace, 1)))

    def absorbed(self) -> int:
        """Impressions and outcomes in the shared model."""
        shared = self.shared()
        return shared.absorbed if shared else 0

    def await_absorbed(self, n: int, within_s: float = 90) -> None:
        await_true(lambda: self.absorbed() >= n, within_s, lambda: f"{self.absorbed()} of {n} absorbed")

    def packed(self, article: str) -> bytes | None:
        found: bytes | None = self._redis.hget(article_key(self._namespace, 1, article), MODEL)
        return found

    def article(self, article: str) -> ServedArticles:
        """One, as it is served."""
        packed = self.packed(article)
        assert packed is not None, article
        return ServedArticles.unpack([packed], HALF_LIVES, DIMENSIONS)

    def score(self, article: str) -> ArticleScore:
        return ArticleScore.from_json(self._redis.get(score_key(self._namespace, 1, article)))

    def recent(self, visitor: str) -> RecentArticles | None:
        """What Redis says that the visitor clicked last."""
        said = self._redis.hget(recent_key(self._namespace, 1, visitor), RECENT)
        return RecentArticles.from_json(said) if said else None

    def ranking(self, shop: str) -> ShopRanking:
        found = ShopRanking.from_fields(shop, self._redis.hgetall(ranking_key(self._namespace, 1, shop)))
        assert found is not None, f"no ranking of {shop!r}"
        return found

    def metrics(self) -> Prequential:
        return Prequential.from_json(self._redis.get(metrics_key(self._namespace, 1)))

    def counts(self, articles: Iterable[str]) -> dict[str, tuple[int, int, int]]:
        """Of each article impressions, clicks, and impressions whose outcome is known."""
        found = {}
        for article in articles:
            shown, clicks, _, labelled = self.article(article).sums[0, :, -1].tolist()
            found[article] = round(shown), round(clicks), round(labelled)
        return found


def expected_counts(shown: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    """The same by counting, once all outcomes are known."""
    times: Counter[str] = Counter()
    clicks: Counter[str] = Counter()
    for of in shown:
        times.update(of["articles"])
        clicks.update(a for a, clicked in zip(of["articles"], of["clicked"], strict=True) if clicked)
    return {article: (n, clicks[article], n) for article, n in times.items()}
