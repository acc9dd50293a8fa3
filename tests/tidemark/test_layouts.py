"""The storefront's choice of a layout, on a real Redis."""

import json
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.layouts import Arm, LinearPolicy, ShopPolicy, policy_key
from schemas.segments import visitor_segments_key
from sink_connectors.layout_commands import supersede_commands
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import load_functions
from tests.redis_cluster import RedisClusterServers
from tidemark import Tidemark
from tidemark.layouts import draw
from tidemark.redis_client import redis_client

KNOWN = (Arm(0.7, 9.0, 20.0, 1.0, 0.1), Arm(0.2, 2.0, 20.0, 1.0, 0.1), Arm(0.1, 1.0, 20.0, 1.0, 0.1))
POLICY = ShopPolicy("店", ("grid", "list", "瀑布流"), {"0": KNOWN, "": KNOWN[::-1]}, "conversions", 5, 9)


LINEAR = LinearPolicy(0.02, tuple((0.3, weight, 1e-4, 0.0, 1e-4) for weight in (0.1, 0.0, -0.1)))


@pytest.fixture
def client(redis: Any, redis_server: str) -> Iterator[Tidemark]:
    redis.hset(policy_key("tm", "店"), mapping=POLICY.fields())
    client = Tidemark(redis_server, timeout_s=2)
    yield client
    client.close()


def test_layouts_are_drawn_with_the_probabilities_that_are_returned(client: Tidemark) -> None:
    dice = random.Random(4)
    drawn = [client.layout("ann", "店", segment="0", rng=dice.random) for _ in range(3000)]
    shares = Counter(choice.layout for choice in drawn)
    for layout, probability in zip(POLICY.layouts, (0.7, 0.2, 0.1), strict=True):
        assert shares[layout] / 3000 == pytest.approx(probability, abs=0.03)
        assert {c.propensity for c in drawn if c.layout == layout} == {probability}
    assert {(c.segment, c.source, c.reason) for c in drawn} == {("0", "segment", "")}


def test_the_same_number_draws_the_same_layout(client: Tidemark) -> None:
    for number, layout in ((0.0, "grid"), (0.69, "grid"), (0.71, "list"), (0.95, "瀑布流")):
        assert client.layout("ann", "店", "0", rng=lambda number=number: number).layout == layout  # type: ignore[misc]


def test_the_segment_that_redis_knows_is_looked_up_in_the_same_trip(client: Tidemark, redis: Any) -> None:
    redis.hset("tm:{ann}:segments:1", "店", json.dumps({"segment": 0, "sure": 1.0, "why": [], "at_ms": 5}))
    client.layout("ann", "店")  # a new connection says hello
    asked = redis.info("stats")["total_commands_processed"]
    choice = client.layout("ann", "店", rng=lambda: 0.1)
    assert redis.info("stats")["total_commands_processed"] - asked == 3, "HGETALL, HGET and this INFO"
    assert (choice.segment, choice.layout, choice.propensity) == ("0", "grid", 0.7)
    unknown = client.layout("bob", "店", rng=lambda: 0.05)
    assert (unknown.segment, unknown.layout, unknown.propensity) == (None, "grid", 0.1)


def test_a_visitor_whose_affinities_are_known_is_chosen_for_by_them(client: Tidemark, redis: Any) -> None:
    redis.hset(policy_key("tm", "店"), mapping=replace(POLICY, linear=LINEAR).fields())
    for leaning, layout in ((2.0, "grid"), (-2.0, "瀑布流")):
        redis.hset("tm:{ann}:segments:1", "店", json.dumps({"segment": 0, "affinities": [leaning]}))
        dice = random.Random(2)
        drawn = [client.layout("ann", "店", rng=dice.random) for _ in range(300)]
        assert {(c.segment, c.source, c.affinities) for c in drawn} == {("0", "visitor", (leaning,))}
        for choice in drawn:
            expected = 0.96 if choice.layout == layout else 0.02
            assert choice.propensity == pytest.approx(expected, abs=0.01)
        assert sum(c.layout == layout for c in drawn) / 300 == pytest.approx(0.96, abs=0.04)
    assert client.layout("ann", "店", "0").source == "segment"
    assert client.layout("bob", "店").affinities == ()


def test_affinities_are_told_to_be_logged_before_anything_is_learned_from_them(
    client: Tidemark, redis: Any
) -> None:
    redis.hset("tm:{ann}:segments:1", "店", json.dumps({"segment": 0, "affinities": [0.5, -1.0]}))
    choice = client.layout("ann", "店")
    assert (choice.source, choice.affinities) == ("segment", (0.5, -1.0))


def test_visitors_without_a_segment_have_a_policy_of_their_own(client: Tidemark) -> None:
    choice = client.layout("ann", "店", None, rng=lambda: 0.95)
    assert (choice.layout, choice.propensity, choice.segment, choice.source) == (
        "瀑布流",
        0.7,
        None,
        "segment",
    )


def test_a_segment_of_which_nothing_is_known_sees_each_layout_as_often(client: Tidemark) -> None:
    choice = client.layout("ann", "店", "9", rng=lambda: 0.5)
    assert (choice.layout, choice.source) == ("list", "shop")
    assert choice.propensity == pytest.approx(1 / 3)


@pytest.mark.parametrize("offered", [None, ()])
def test_a_shop_that_offers_nothing_has_no_layout(
    client: Tidemark, redis: Any, offered: tuple[()] | None
) -> None:
    if offered is not None:
        redis.hset(policy_key("tm", "t"), mapping=ShopPolicy("t", (), {}, "conversions", 1, 1).fields())
    choice = client.layout("ann", "t", "0")
    assert (choice.layout, choice.propensity, choice.source) == (None, None, "unknown")
    assert "tidemark layouts t" in choice.reason


def test_without_redis_there_is_a_reason_instead_of_a_layout() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = Tidemark(f"redis://127.0.0.1:{nobody.getsockname()[1]}", timeout_s=0.2)
        choice = client.layout("ann", "s", "0")
        client.close()
    assert (choice.layout, choice.source) == (None, "unavailable")
    assert choice.reason


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=20).filter(any),
    number=st.floats(0, 1, exclude_max=True),
)
def test_what_is_drawn_has_some_probability(weights: list[float], number: float) -> None:
    probabilities = [weight / sum(weights) for weight in weights]
    assert probabilities[draw(probabilities, number)] > 0


@given(numbers=st.lists(st.floats(0, 1, exclude_max=True), min_size=2))
def test_a_greater_number_draws_no_earlier_layout(numbers: list[float]) -> None:
    drawn = [draw((0.5, 0.25, 0.25), number) for number in sorted(numbers)]
    assert all(first <= second for first, second in pairwise(drawn))


def test_on_a_cluster_the_shop_and_the_visitor_are_read_from_whichever_nodes_have_them(
    redis_cluster: RedisClusterServers,
) -> None:
    shops, visitors = [f"shop {i}" for i in range(6)], [f"visitor {i}" for i in range(6)]
    with redis_client(RedisAddress(redis_cluster.url)) as redis:
        for shop in shops:
            redis.hset(policy_key("tm", shop), mapping=POLICY.fields())
        for visitor in visitors:
            key = visitor_segments_key("tm", 1, visitor)
            redis.hset(key, mapping={shop: json.dumps({"segment": 0}) for shop in shops})
    client = Tidemark(redis_cluster.url, timeout_s=2)
    found = [client.layout(visitor, shop, rng=lambda: 0.8) for visitor in visitors for shop in shops]
    client.close()
    assert {(choice.segment, choice.layout, choice.propensity) for choice in found} == {("0", "list", 0.2)}


def test_on_a_cluster_a_policy_supersedes_an_older_one(redis_cluster: RedisClusterServers) -> None:
    with closing(RedisConnection(RedisAddress(redis_cluster.url))) as connection:
        load_functions(connection)
        policies = [replace(POLICY, shop=f"shop {i}") for i in range(9)]
        assert connection.exchange(supersede_commands("tm", 100, policies)) == [1] * 9
        older = [replace(policy, absorbed=policy.absorbed - 1) for policy in policies]
        assert connection.exchange(supersede_commands("tm", 100, older)) == [0] * 9
