"""Article scores and their peer: what they read, and when each had learnt its last impression."""

import json
import time
from collections import Counter
from functools import cache
from typing import Any

import redis as redis_py
import requests

from benchmarks import subjects
from benchmarks.feed import Event, closing, feed
from benchmarks.place import NAMESPACE, PREFIX_TOPIC, TOPIC, Place, until
from benchmarks.subjects import Subject, Timed, flink_peer
from benchmarks.work import Say, Work
from schemas.article_scores import ABSORBED, MODEL, ServedArticles, article_key, shared_key
from schemas.avro import encode, load
from tidemark import flink
from tidemark.replay.delivery import Delivery
from tidemark.topics import create_topics

JOB, PEER = "article_scores", "articles_per_record"
BACKENDS = ("rocksdb", "heap")
CLOSING = 40  # visitors of lists at the end: some in each partition
LONGEST_S = 1800
SAY_EVERY = 50_000


class Articles(Work):
    """`article_scores`: impressions and clicks, and in Redis what was learnt of each article."""

    compared_with = "the impressions that there were"

    def __init__(self) -> None:
        self.subjects = {
            subject.name: subject
            for subject in (
                Subject("tidemark", BACKENDS, _tidemark),
                Subject("blackhole", (None,), flink_peer("articles_blackhole", TOPIC), writes=False),
                Subject("per_record", BACKENDS, flink_peer(PEER, PREFIX_TOPIC), prefix=True),
            )
        }

    def preload(self, place: Place, say: Say) -> None:
        create_topics(place.kafka, [TOPIC, PREFIX_TOPIC])
        for topic, messages in ((TOPIC, place.events), (PREFIX_TOPIC, place.prefix)):
            schema = load("feedback")
            event: Event = {}
            with Delivery(place.kafka, topic) as delivery:
                for sent, event in enumerate(feed(messages), start=1):
                    delivery.send(event["visitor_id"].encode(), encode(schema, event))
                    if sent % SAY_EVERY == 0:
                        say(f"preloaded {sent:,} of {messages:,} events")
                for visitor in (f"closing{i}" for i in range(CLOSING)):
                    delivery.send(visitor.encode(), encode(schema, closing(event, visitor)))
                delivery.finish()

    def wrong(self, place: Place, subject: Subject, messages: int) -> str:
        expected = _learnt(messages)
        with redis_py.Redis.from_url(place.redis) as client:
            found = _per_record(client) if subject.prefix else _served(client, list(expected))
        wrong = [name for name, n in expected.items() if found.get(name) != n]
        return f"{len(wrong)} articles with other impressions, such as {wrong[:3]}" if wrong else ""


def _tidemark(place: Place) -> Timed:
    """The job as users submit it, until the shared model has learnt every impression."""
    prefix = "TIDEMARK_SCORES_"
    empty = {f"{prefix}ERASURES_TOPIC": "bench.erasures", f"{prefix}FEATURES_TOPIC": "bench.features"}
    job = subjects.submit(place, TOPIC, empty)
    start_s = flink.get(place.flink, f"/jobs/{job}")["start-time"] / 1000
    expected = 2 * sum(_learnt(place.events).values()) + CLOSING
    with redis_py.Redis.from_url(place.redis) as client:
        until(lambda: _absorbed(client) >= expected, LONGEST_S, f"not {expected} impressions and outcomes")
    ended_s = time.time()
    requests.patch(f"http://{place.flink}/jobs/{job}?mode=cancel", timeout=10)
    return Timed(start_s, ended_s - start_s, None)


def _absorbed(client: Any) -> int:
    time.sleep(0.5)
    return int(client.hget(shared_key(NAMESPACE, 1), ABSORBED) or 0)


def _served(client: Any, articles: list[str]) -> dict[str, int]:
    """Article -> impressions whose outcome was learnt."""
    packed = [client.hget(article_key(NAMESPACE, 1, article), MODEL) for article in articles]
    known = {name: one for name, one in zip(articles, packed, strict=True) if one}
    sums = ServedArticles.unpack(list(known.values()), half_lives=4, dimensions=16).sums
    return dict(zip(known, (round(n) for n in sums[:, 3, -1].tolist()), strict=True))


def _per_record(client: Any) -> dict[str, int]:
    """The same of what the peer wrote."""
    return {name.decode(): json.loads(text)["learnt"] for name, text in client.hgetall(PEER).items()}


@cache
def _learnt(messages: int) -> Counter[str]:
    """Impressions of each article."""
    return Counter(event["article_id"] for event in feed(messages) if event["kind"] == "impression")
