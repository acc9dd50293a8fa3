"""Visitor segments and their peer: what they read, and when each had counted its last visit."""

import json
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import redis as redis_py
import requests

from benchmarks import preload, subjects
from benchmarks.place import NAMESPACE, PREFIX_TOPIC, TOPIC, Place, until
from benchmarks.subjects import Subject, Timed, flink_peer
from benchmarks.work import Say, Work
from tidemark import flink

JOB, PEER = "visitor_segments", "segments_per_record"
BACKENDS = ("rocksdb", "heap")
GAP_MS = 1_800_000
LONGEST_S = 1800
TOPICS = {
    "TIDEMARK_SEGMENTS_ERASURES_TOPIC": "bench.erasures",
    "TIDEMARK_SEGMENTS_CHANGES_TOPIC": "bench.changes",
}

Pairs = dict[tuple[str, str], int]


class Segments(Work):
    """`visitor_segments`: behaviours, and in Redis who is in which segment of which shop."""

    compared_with = "the visits that there were"

    def __init__(self) -> None:
        self.subjects = {
            subject.name: subject
            for subject in (
                Subject("tidemark", BACKENDS, _tidemark),
                Subject("blackhole", (None,), flink_peer("blackhole", TOPIC), writes=False),
                Subject("per_record", BACKENDS, flink_peer(PEER, PREFIX_TOPIC), prefix=True),
            )
        }

    def preload(self, place: Place, say: Say) -> None:
        preload.preload(place.kafka, TOPIC, PREFIX_TOPIC, place.events, place.prefix, say)

    def wrong(self, place: Place, subject: Subject, messages: int) -> str:  # noqa: ARG002
        expected = _visits(messages)
        with redis_py.Redis.from_url(place.redis) as client:
            found = _assigned(client)
        missing, foreign = expected.keys() - found, found - expected.keys()
        return (
            f"{len(missing)} visitors at shops have no segment, {len(foreign)} are unknown"
            if missing or foreign
            else ""
        )


def _tidemark(place: Place) -> Timed:
    """The job as users submit it, until the shops' profiles have counted every visit."""
    job = subjects.submit(place, TOPIC, TOPICS)
    start_s = flink.get(place.flink, f"/jobs/{job}")["start-time"] / 1000
    expected = sum(_visits(place.events).values())
    with redis_py.Redis.from_url(place.redis) as client:
        until(lambda: counted(client) == expected, LONGEST_S, f"not {expected} visits")
    ended_s = time.time()
    requests.patch(f"http://{place.flink}/jobs/{job}?mode=cancel", timeout=10)
    return Timed(start_s, ended_s - start_s, None)


def counted(client: Any) -> int:
    """Visits that the shops' profiles know of."""
    time.sleep(0.5)
    keys = list(client.scan_iter(f"{NAMESPACE}:{{shop:*:profile:1", count=10_000))
    return sum(json.loads(text)["visits"] for text in client.mget(keys) if text) if keys else 0


def _assigned(client: Any) -> set[tuple[str, str]]:
    """(visitor, shop) of which there is a segment."""
    keys = [k for k in client.scan_iter(f"{NAMESPACE}:{{*:segments:1", count=10_000) if b"{shop:" not in k]
    found = set()
    for start in range(0, len(keys), 1000):
        pipe = client.pipeline(transaction=False)
        part = keys[start : start + 1000]
        for key in part:
            pipe.hkeys(key)
        for key, shops in zip(part, pipe.execute(), strict=True):
            visitor = key.split(b"{", 1)[1].rsplit(b"}", 1)[0].decode()
            found |= {(visitor, shop.decode()) for shop in shops}
    return found


@cache
def _visits(messages: int) -> Pairs:
    """Visits of each visitor at each shop, by the definition: one ends with a pause of half an hour."""
    return visits(preload.events(messages))


def visits(events: Iterable[dict[str, Any]]) -> Pairs:
    """See `_visits`. events : in the order of a visitor's topic, some of them repeated."""
    latest: dict[tuple[str, str], int] = {}
    counted: Pairs = {}
    for event in events:
        pair, at = (event["visitor_id"], event["shop_id"]), event["event_time"]
        if pair not in latest or at - latest[pair] > GAP_MS:
            counted[pair] = counted.get(pair, 0) + 1
        latest[pair] = max(latest.get(pair, at), at)
    return counted
