"""Client and generations on a real Redis Cluster."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from redis.crc import key_slot

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_server import Command
from tests.redis_cluster import RedisClusterServers
from tests.redis_server import RedisServer
from tests.tidemark.filled_redis import AT_MS as CLIENTS_AT_MS
from tests.tidemark.filled_redis import SCHEMA, fill
from tests.tidemark.generations_in_redis import AT_MS, schema, write
from tidemark import Tidemark
from tidemark.compare import compare
from tidemark.generations import find_generations
from tidemark.promote import promote
from tidemark.redis_client import redis_client

pytestmark = pytest.mark.timeout(60)

VISITORS = [f"visitor {i}" for i in range(60)]


@pytest.fixture
def client(redis_cluster: RedisClusterServers) -> Iterator[Tidemark]:
    with redis_client(RedisAddress(redis_cluster.url)) as redis:
        fill(redis)
    client = Tidemark(redis_cluster.url, timeout_s=1)
    yield client
    client.close()


def home(cluster: RedisClusterServers, key: str) -> RedisServer:
    return cluster.serving(key_slot(key.encode()))


def test_a_visitor_and_what_all_share_are_read_from_whichever_nodes_have_them(client: Tidemark) -> None:
    found = client.preferences("ann", at=CLIENTS_AT_MS)
    assert [item.value for item in found.items] == ["tea", "soap", "new:é"]
    assert found.items[0].share == pytest.approx(7 / 30, rel=1e-9)
    assert client.preferences("nobody").source == "prior"
    assert client.schema() == SCHEMA


def test_one_command_a_visitor_and_what_all_share_once_a_minute(
    client: Tidemark, redis_cluster: RedisClusterServers
) -> None:
    client.preferences("ann")
    for node in redis_cluster.nodes:
        with node.client() as redis:
            redis.config_resetstat()
    for _ in range(3):
        client.preferences("ann")
    calls = {}
    for node in redis_cluster.nodes:
        with node.client() as redis:
            stats = redis.info("commandstats")
            calls[node.port] = {
                c: stats[c]["calls"] for c in stats if c in ("cmdstat_get", "cmdstat_hgetall")
            }
    theirs = home(redis_cluster, SCHEMA.visitor_key("ann")).port
    assert calls == {n.port: {"cmdstat_hgetall": 3} if n.port == theirs else {} for n in redis_cluster.nodes}


def test_with_the_node_of_what_all_share_away_visitors_of_other_nodes_are_known(
    client: Tidemark, redis_cluster: RedisClusterServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = home(redis_cluster, SCHEMA.config_key)
    elsewhere = next(v for v in VISITORS if home(redis_cluster, SCHEMA.visitor_key(v)) is not shared)
    with redis_client(RedisAddress(redis_cluster.url)) as redis:
        redis.hset(SCHEMA.visitor_key(elsewhere), mapping=redis.hgetall(SCHEMA.visitor_key("ann")))
    monkeypatch.setattr("tidemark.facet_reader.CACHED_S", 0.0)  # so that it is due at each call
    client.preferences(elsewhere)
    shared.stop()
    try:
        for _ in range(3):
            found = client.preferences(elsewhere, at=CLIENTS_AT_MS)
            assert found.source == "visitor"
            assert found.items[0].share == pytest.approx(7 / 30)
    finally:
        shared.start()
        redis_cluster.await_ok()


def test_with_the_node_of_a_visitor_away_the_last_prior_is_the_answer(
    client: Tidemark, redis_cluster: RedisClusterServers
) -> None:
    theirs = home(redis_cluster, SCHEMA.visitor_key("ann"))
    client.preferences("ann")
    theirs.stop()
    try:
        found = client.preferences("ann")
        assert (found.source, [item.value for item in found.items]) == (
            "unavailable",
            ["milk", "soap", "tea"],
        )
    finally:
        theirs.start()
        redis_cluster.await_ok()
    assert client.preferences("ann").source == "visitor"


def test_a_visitors_slot_that_moved_is_followed(client: Tidemark, redis_cluster: RedisClusterServers) -> None:
    client.preferences("ann")
    slot = key_slot(SCHEMA.visitor_key("ann").encode())
    was = redis_cluster.serving(slot)
    redis_cluster.move(slot, next(node for node in redis_cluster.nodes if node is not was))
    try:
        assert client.preferences("ann").source == "visitor"
    finally:
        redis_cluster.move(slot, was)


def test_generations_on_all_nodes_are_found_compared_and_promoted(redis_cluster: RedisClusterServers) -> None:
    with redis_client(RedisAddress(redis_cluster.url)) as redis:
        for generation, weight in ((1, 2.0), (2, 4.0)):
            names = VISITORS[generation:]
            write(
                redis, schema(generation), {v: {"c": 8, "c:tea": weight, "b": 1, "b:acme": 1} for v in names}
            )
        assert [(g.number, g.visitors, g.served) for g in find_generations(redis, "tm", lambda _: None)] == [
            (1, 59, True),
            (2, 58, False),
        ]
        found = compare(redis, "tm", 1, 2, None, lambda _: None)
        assert (found.only_old, found.both, found.differing) == (1, 58, 58)
        with closing(Tidemark(redis_cluster.url, timeout_s=1)) as reader:
            assert reader.preferences(VISITORS[9], at=AT_MS, horizon="day").items[0].weight == pytest.approx(
                2
            )
        assert promote(redis, "tm", 2, 3600).retired == [1]
        with closing(Tidemark(redis_cluster.url, timeout_s=1)) as reader:
            assert reader.preferences(VISITORS[9], at=AT_MS, horizon="day").items[0].weight == pytest.approx(
                4
            )
        ttls: list[Command] = [["TTL", schema(1).visitor_key(v)] for v in VISITORS[1:]]
        with closing(RedisConnection(RedisAddress(redis_cluster.url))) as connection:
            assert all(0 < ttl_s <= 3600 for ttl_s in connection.exchange(ttls))
