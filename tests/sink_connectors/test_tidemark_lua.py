"""The Redis functions, on a real Redis, against a model that never forgets."""

import random
import struct
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.preferences import AT, META_FIELDS, SINCE, Horizon, PreferenceSchema, pack, unpack
from sink_connectors.preference_commands import Fields, grow_commands, hash01, sample_command
from sink_connectors.redis_functions import function, library
from sink_connectors.tombstones import Tombstones

SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", 1000), Horizon("long", 100_000)),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
    keep=3,
    sample_visitors=4,
)
TOMBSTONES = Tombstones("tm", b"secret")
VALUES = ["", ":", "a", "a:b", "é", "商品", "!floor", *(f"v{i}" for i in range(60))]


@pytest.fixture
def redis(redis: Any) -> Any:
    """With the functions."""
    redis.function_load(library()[1], replace=True)
    return redis


def write(
    redis: Any,
    fields: Mapping[str, tuple[float, ...]],
    visitor: str = "ann",
    at_ms: int = 0,
    since_ms: int = 0,
) -> int:
    packed: Fields = {name.encode(): pack(*numbers) for name, numbers in fields.items()}
    packed[AT], packed[SINCE] = struct.pack(">q", at_ms), struct.pack(">q", since_ms)
    [command] = grow_commands(SCHEMA, TOMBSTONES, {visitor: packed})
    return int(redis.execute_command(*command))


def erase(redis: Any, until_ms: int, visitor: str = "ann") -> int:
    key = SCHEMA.visitor_key(visitor).encode()
    answer = redis.execute_command("FCALL", function("erase"), 2, key, TOMBSTONES.key(visitor, key), until_ms)
    return int(answer)


def read(redis: Any, visitor: str = "ann") -> dict[str, tuple[float, ...]]:
    stored = redis.hgetall(SCHEMA.visitor_key(visitor))
    return {name.decode(): unpack(packed) for name, packed in stored.items() if name not in META_FIELDS}


def assert_as_promised(stored: dict[str, tuple[float, ...]], newest: dict[str, tuple[float, ...]]) -> None:
    for field, numbers in stored.items():
        assert numbers == newest[field]
    assert {f for f in newest if ":" not in f} <= stored.keys()
    for code in ("c:", "b:"):
        facet = {f: numbers for f, numbers in newest.items() if f.startswith(code)}
        for h in range(len(SCHEMA.horizons)):
            least = sorted((numbers[h] for numbers in facet.values()), reverse=True)[: SCHEMA.keep][-1:]
            above = {f for f, numbers in facet.items() if numbers[h] > least[0]} if least else set()
            assert above <= stored.keys()
            at_least = [f for f in stored if f.startswith(code) and stored[f][h] >= least[0]]
            assert len(at_least) >= min(SCHEMA.keep, len(facet))


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, tuple[float, ...]]]:
    """Absolute writes of growing sums, in some order, some of them twice."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    ties = draw(st.booleans())
    numbers: dict[str, list[float]] = {}
    writes = []
    for _ in range(draw(st.integers(1, 120))):
        fields = [code + value for code in ("c:", "b:") for value in rng.sample(VALUES, 2)] + ["c", "b"]
        for field in fields:
            start = [float(rng.randint(-3, 3)) for _ in SCHEMA.horizons]
            old = numbers.get(field, start)
            numbers[field] = [x + (rng.randint(0, 2) if ties else rng.random() * 3) for x in old]
        writes.append({field: tuple(numbers[field]) for field in fields})
    writes += rng.sample(writes, len(writes) // 3)
    if draw(st.booleans()):
        rng.shuffle(writes)
    return writes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_any_order_of_growing_writes_keeps_the_strongest_and_the_newest(
    redis: Any, history: list[dict[str, tuple[float, ...]]]
) -> None:
    redis.flushall()
    newest: dict[str, tuple[float, ...]] = {}
    for fields in history:
        write(redis, fields)
        for field, numbers in fields.items():
            newest[field] = max(newest.get(field, numbers), numbers)
        assert redis.hlen(SCHEMA.visitor_key("ann")) <= SCHEMA.max_fields
    assert_as_promised(read(redis), newest)
    assert 0 < redis.ttl(SCHEMA.visitor_key("ann")) <= SCHEMA.ttl_s


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), seed=st.integers())
def test_a_stale_writer_changes_nothing(
    redis: Any, history: list[dict[str, tuple[float, ...]]], seed: int
) -> None:
    redis.flushall()
    for fields in history:
        write(redis, fields)
    before = redis.hgetall(SCHEMA.visitor_key("ann"))
    for fields in random.Random(seed).sample(history, len(history)):
        write(redis, fields, at_ms=-1)
    assert redis.hgetall(SCHEMA.visitor_key("ann")) == before


def test_a_single_call_may_bring_more_values_than_lua_can_pass_at_once(redis: Any) -> None:
    fields = {f"c:{i}": (float(i), -float(i)) for i in range(20_000)}
    write(redis, fields)
    assert read(redis).keys() == {f"c:{i}" for i in (*range(3), *range(19_997, 20_000))}


def test_values_tied_for_the_last_place_do_not_break_the_bound(redis: Any) -> None:
    write(redis, {f"c:{i}": (1.0, 1.0) for i in range(1000)})
    assert len(read(redis)) == SCHEMA.keep
    write(redis, {"c:late": (1.0, 1.5)})
    assert read(redis)["c:late"] == (1.0, 1.5)


def test_each_horizon_keeps_its_greater_number_although_rounding_lowered_another(redis: Any) -> None:
    for numbers in ((5.0, 7.0), (5.0 - 1e-15, 8.0), (5.0, 7.0)):
        write(redis, {"c:a": numbers})
    assert read(redis) == {"c:a": (5.0, 8.0)}


def test_numbers_of_any_sign_compare_as_numbers(redis: Any) -> None:
    for number in (-300.0, 2.0, -1.0, -0.5):
        write(redis, {"c:a": (number, number)})
    assert read(redis) == {"c:a": (2.0, 2.0)}


def test_the_latest_event_time_is_kept_as_a_maximum_of_any_sign(redis: Any) -> None:
    for at_ms in (-5, 1_700_000_000_123, 1_700_000_000_122, 9):
        write(redis, {"c": (1.0, 1.0)}, at_ms=at_ms)
    assert redis.hget(SCHEMA.visitor_key("ann"), AT) == b"1700000000123"


@pytest.mark.parametrize("visitor", ["", "}", "a b", "\x00\n", "é商", "{x}", "preferences:1"])
def test_a_visitor_may_have_any_name(redis: Any, visitor: str) -> None:
    write(redis, {"c:a": (1.0, 1.0)}, visitor=visitor)
    assert read(redis, visitor) == {"c:a": (1.0, 1.0)}
    assert redis.dbsize() == 1


@given(visitors=st.sets(st.text(), max_size=30))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sample_is_the_visitors_of_smallest_hash_and_says_from_where_on_none_are_taken(
    redis: Any, visitors: set[str]
) -> None:
    redis.flushall()
    below = 1.0
    for visitor in visitors:
        below = float(redis.execute_command(*sample_command(SCHEMA, [visitor], below)) or 1.0)
    smallest = sorted(visitors, key=hash01)[: SCHEMA.sample_visitors]
    assert [m.decode() for m in redis.zrange(SCHEMA.sample_key, 0, -1)] == smallest
    assert below == (hash01(smallest[-1]) if len(smallest) == SCHEMA.sample_visitors else 1.0)


def test_what_was_erased_is_never_written_again(redis: Any) -> None:
    write(redis, {"c:tea": (1.0, 1.0)}, since_ms=5)
    assert erase(redis, 5) == 1
    assert write(redis, {"c:tea": (9.0, 9.0)}, since_ms=5, at_ms=99) == -1, (
        "from a state that knows nothing of it"
    )
    assert redis.keys("tm:{ann}*") == []
    assert write(redis, {"c:tea": (0.5, 0.5)}, since_ms=6) > 0
    assert read(redis) == {"c:tea": (0.5, 0.5)}


def test_an_erasure_that_comes_again_leaves_what_came_since(redis: Any) -> None:
    assert erase(redis, 5) == 1
    write(redis, {"c:tea": (1.0, 1.0)}, since_ms=6)
    assert erase(redis, 5) == 0
    assert erase(redis, 3) == 0
    assert write(redis, {"c:soap": (1.0, 1.0)}, since_ms=4) == -1, (
        "an earlier erasure does not shorten a later one"
    )
    assert read(redis) == {"c:tea": (1.0, 1.0)}


def test_a_hash_of_which_nobody_knows_how_old_it_is_goes(redis: Any) -> None:
    redis.hset(SCHEMA.visitor_key("ann"), "c:tea", pack(1.0, 1.0))
    assert erase(redis, 5) == 1
    assert not redis.exists(SCHEMA.visitor_key("ann"))


def test_the_earliest_time_is_kept(redis: Any) -> None:
    for since_ms in (7, 5, 6):
        write(redis, {"c:tea": (1.0, 1.0)}, since_ms=since_ms)
    assert redis.hget(SCHEMA.visitor_key("ann"), "!since") == b"5"
    assert erase(redis, 4) == 0
