"""Policies to a real Redis: the newest stays, whatever comes when and how often."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.layouts import Arm, ShopPolicy, policy_key
from sink_connectors.layout_commands import supersede_commands
from sink_connectors.redis_functions import library


@pytest.fixture
def redis(redis: Any) -> Any:
    """With the functions."""
    redis.function_load(library()[1], replace=True)
    return redis


def policy(
    at_ms: int, absorbed: int, layouts: tuple[str, ...] = ("grid", "瀑布流"), segment: str = "0"
) -> ShopPolicy:
    arms = tuple(Arm(1 / len(layouts), 1.0 + absorbed, 19.0, 3.5, 0.25) for _ in layouts)
    return ShopPolicy("s:{店}", layouts, {segment: arms}, "conversions", at_ms, absorbed)


def write(redis: Any, *policies: ShopPolicy) -> list[int]:
    return [redis.execute_command(*command) for command in supersede_commands("tm", 100, policies)]


def read(redis: Any) -> ShopPolicy | None:
    return ShopPolicy.from_fields("s:{店}", redis.hgetall(policy_key("tm", "s:{店}")))


def test_what_is_written_is_read(redis: Any) -> None:
    assert read(redis) is None
    assert write(redis, policy(1_700_000_000_000, 3)) == [1]
    assert read(redis) == policy(1_700_000_000_000, 3)
    assert 0 < redis.ttl(policy_key("tm", "s:{店}")) <= 100


def test_the_hash_is_the_new_policy_and_nothing_of_the_old(redis: Any) -> None:
    write(redis, policy(1, 1, segment="old"))
    assert write(redis, policy(2, 0, ("a", "b", "c"))) == [1]
    assert read(redis) == policy(2, 0, ("a", "b", "c"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    versions=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
def test_any_order_and_repetition_leaves_the_newest(
    redis: Any, versions: list[tuple[int, int]], seed: int
) -> None:
    redis.delete(policy_key("tm", "s:{店}"))
    dice = random.Random(seed)
    for version in [*dice.sample(versions, len(versions)), *dice.choices(versions, k=3)]:
        write(redis, policy(*version))
    assert read(redis) == policy(*max(versions))


def test_times_are_compared_as_numbers(redis: Any) -> None:
    write(redis, policy(10_000, 9))
    assert write(redis, policy(9_999, 100)) == [0]
    assert write(redis, policy(10_000, 10)) == [1]


def test_of_a_bundle_the_last_row_of_a_shop_is_sent() -> None:
    (command,) = supersede_commands("tm", 100, [policy(1, 1), policy(1, 2)])
    assert b"2" in command
