"""The storefront's question for a visitor's segment, on a real Redis."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.segments import SegmentSchema
from tests.redis_server import RedisServer
from tidemark import Tidemark
from tidemark.segment import Segment

SCHEMA = SegmentSchema("tm", 1, ttl_s=100)
SOAP = {
    "segment": 7,
    "name": "soap · tea",
    "visitors": 60.25,
    "share": 0.75,
    "trend": -0.125,
    "conversion": 0.0625,
    "why": [["soap", 9.5, 0.5, 0.25]],
}
MASKS = SOAP | {"segment": 2, "name": "面膜", "visitors": 20.0, "share": 0.25, "trend": 0.5, "why": []}
PROFILE = {"at_ms": 1_700_000_000_000, "visits": 12_345, "segments": [SOAP, MASKS]}
ANN = {"segment": 2, "sure": 0.875, "at_ms": 1_700_000_000_000, "since_ms": 5, "why": [["面膜", 1.5]]}


def fill(redis: Any) -> None:
    redis.set(SCHEMA.shop_key("one"), json.dumps(PROFILE, ensure_ascii=False))
    redis.hset(SCHEMA.visitor_key("ann"), "one", json.dumps(ANN, ensure_ascii=False))


@pytest.fixture
def client(redis: Any, redis_server: str) -> Iterator[Tidemark]:
    fill(redis)
    with closing(Tidemark(redis_server, timeout_s=2)) as client:
        yield client


def test_a_known_visitor_gets_its_segment_with_name_and_reasons(client: Tidemark) -> None:
    assert client.segment("ann", "one") == Segment(
        visitor="ann",
        shop="one",
        segment=2,
        name="面膜",
        source="visitor",
        sure=0.875,
        why=(("面膜", 1.5),),
        at=1_700_000_000_000,
    )


def test_an_unknown_visitor_gets_the_largest_segment(client: Tidemark) -> None:
    assert client.segment("nobody", "one") == Segment(
        "nobody", "one", segment=7, name="soap · tea", source="shop", sure=0.75
    )


def test_an_unknown_shop_is_said(client: Tidemark) -> None:
    found = client.segment("ann", "two")
    assert (found.segment, found.name, found.source) == (None, "", "unavailable")
    assert "nothing is known of shop two" in found.reason


def test_a_shop_that_was_unknown_is_asked_for_again(client: Tidemark, redis: Any) -> None:
    client.segment("ann", "two")
    redis.set(SCHEMA.shop_key("two"), json.dumps(PROFILE))
    assert client.segment("ann", "two").source == "shop"


def test_one_round_trip_and_the_profile_only_once_a_minute(client: Tidemark, redis: Any) -> None:
    redis.config_resetstat()
    for _ in range(3):
        client.segment("ann", "one")
    calls = {name: stats["calls"] for name, stats in redis.info("commandstats").items()}
    assert calls["cmdstat_hget"] == 3
    assert calls["cmdstat_get"] == 1


def test_a_segment_without_a_profile_yet_has_no_name(client: Tidemark, redis: Any) -> None:
    redis.hset(SCHEMA.visitor_key("ann"), "new", json.dumps(ANN | {"why": []}))
    found = client.segment("ann", "new")
    assert (found.segment, found.name, found.why, found.source) == (2, "", (), "visitor")


def test_redis_gone_is_answered_with_the_last_profile(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    with server.client() as redis:
        fill(redis)
    client = Tidemark(server.url)
    client.segment("ann", "one")
    server.stop()
    known, unknown = client.segment("ann", "one"), client.segment("ann", "two")
    client.close()
    assert replace(known, reason="") == Segment(
        "ann", "one", segment=7, name="soap · tea", source="unavailable", sure=0.75
    )
    assert (unknown.segment, unknown.source) == (None, "unavailable")
    for found in (known, unknown):
        assert str(server.port) in found.reason
