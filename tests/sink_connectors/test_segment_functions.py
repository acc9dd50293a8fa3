"""The Redis functions of segments, on a real Redis: what is newer stays, what was erased never comes back."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.segments import SegmentSchema
from sink_connectors.redis_functions import library
from sink_connectors.segment_commands import Row, segment_commands
from sink_connectors.tombstones import Tombstones

SCHEMA = SegmentSchema("tm", 1, ttl_s=100)
TOMBSTONES = Tombstones("tm", b"secret")
SHOPS = ["one", "", "商店 🧴", "a\0b"]

on_redis = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def redis(redis: Any) -> Any:
    """With the functions."""
    redis.function_load(library()[1], replace=True)
    return redis


def send(redis: Any, row: Row) -> int:
    (command,) = segment_commands(SCHEMA, TOMBSTONES, [row])
    return int(redis.execute_command(*command))


def assigned(at_ms: int, since_ms: int = 1, shop: str = "one", visitor: str = "ann", segment: int = 0) -> Row:
    said = {"segment": segment, "sure": 0.5, "at_ms": at_ms, "since_ms": since_ms, "why": [["面膜", 1.5]]}
    return "assigned", visitor, shop, at_ms, since_ms, json.dumps(said, ensure_ascii=False).encode()


def forgotten(until_ms: int, visitor: str = "ann") -> Row:
    return "forgotten", visitor, "", until_ms, until_ms, b""


def profile(at_ms: int, visits: int = 0, shop: str = "one") -> Row:
    said = {"at_ms": at_ms, "visits": visits, "segments": []}
    return "profile", "", shop, at_ms, at_ms, json.dumps(said).encode()


def read(redis: Any, visitor: str = "ann") -> dict[str, dict[str, Any]]:
    held = redis.hgetall(SCHEMA.visitor_key(visitor))
    return {shop.decode(): json.loads(said) for shop, said in held.items()}


writes = st.lists(
    st.tuples(st.sampled_from(SHOPS), st.integers(0, 2**42), st.integers(0, 11)), min_size=1, max_size=12
)


@on_redis
@given(history=writes, seed=st.integers(0, 2**32))
def test_in_any_order_and_however_often_the_newest_segment_of_each_shop_stays(
    redis: Any, history: list[tuple[str, int, int]], seed: int
) -> None:
    redis.flushall()
    newest = {(shop, at): assigned(at, 1, shop, segment=segment) for shop, at, segment in history}
    sent = list(newest.values()) * 2
    random.Random(seed).shuffle(sent)
    for row in sent:
        send(redis, row)
    latest = {shop: max(at for of, at, _ in history if of == shop) for shop, _, _ in history}
    assert read(redis) == {shop: json.loads(newest[shop, at][5]) for shop, at in latest.items()}
    assert 0 < redis.ttl(SCHEMA.visitor_key("ann")) <= SCHEMA.ttl_s


steps = st.lists(
    st.one_of(
        st.builds(forgotten, st.integers(0, 9)),
        st.builds(assigned, st.integers(0, 9), st.integers(0, 9), st.sampled_from(SHOPS[:2])),
    ),
    max_size=20,
)


@on_redis
@given(history=steps)
def test_never_is_there_anything_as_old_as_the_latest_erasure(redis: Any, history: list[Row]) -> None:
    redis.flushall()
    until = -1
    for row in history:
        before = read(redis)
        answer = send(redis, row)
        if row[0] == "forgotten":
            until = max(until, row[3])
            assert read(redis) == {shop: of for shop, of in before.items() if of["since_ms"] > until}
        else:
            refused = row[4] <= until
            assert (answer == -1) == refused
            older = row[2] in before and before[row[2]]["at_ms"] > row[3]
            assert answer == (-1 if refused else 0 if older else 1)
        assert all(of["since_ms"] > until for of in read(redis).values())


def test_what_was_erased_is_refused_and_what_is_later_is_not(redis: Any) -> None:
    send(redis, assigned(8, since_ms=5))
    send(redis, assigned(9, since_ms=6, shop="two"))
    send(redis, forgotten(5))
    assert read(redis).keys() == {"two"}
    send(redis, forgotten(9))
    assert redis.keys("tm:{ann}*") == []
    assert send(redis, assigned(99, since_ms=9)) == -1
    assert send(redis, forgotten(3)) == 1
    assert send(redis, assigned(99, since_ms=9)) == -1, "an earlier erasure does not shorten a later one"
    assert send(redis, assigned(99, since_ms=10)) == 1


def test_a_tombstone_names_nobody(redis: Any) -> None:
    send(redis, assigned(8, visitor="ann@shop.example"))
    send(redis, forgotten(9, visitor="ann@shop.example"))
    (key,) = redis.keys("*")
    assert b"ann" not in key
    assert redis.get(key) == b"9"


def test_of_two_segments_as_of_one_moment_the_later_word_stays(redis: Any) -> None:
    for segment in (1, 2):
        assert send(redis, assigned(8, segment=segment)) == 1
    assert read(redis)["one"]["segment"] == 2, "a refit moves visitors between their events"


def test_other_visitors_stay_as_they_are(redis: Any) -> None:
    send(redis, assigned(8, visitor="林"))
    send(redis, forgotten(9))
    assert read(redis, "林").keys() == {"one"}


@on_redis
@given(times=st.lists(st.integers(0, 2**42), min_size=1, max_size=9), seed=st.integers(0, 2**32))
def test_in_any_order_the_newest_profile_stays(redis: Any, times: list[int], seed: int) -> None:
    redis.flushall()
    sent = times * 2
    random.Random(seed).shuffle(sent)
    for at_ms in sent:
        send(redis, profile(at_ms))
    key = SCHEMA.shop_key("one")
    assert json.loads(redis.get(key))["at_ms"] == max(times)
    assert 0 < redis.ttl(key) <= SCHEMA.ttl_s


def test_a_visitor_who_is_called_like_a_shop_keeps_apart(redis: Any) -> None:
    send(redis, assigned(8, visitor="shop:one"))
    assert send(redis, profile(8)) == 1
    assert read(redis, "shop:one").keys() == {"one"}
