"""Pipelines to a real Redis Cluster, while its slots move and its nodes die."""

import struct
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pytest
from redis.crc import key_slot

from schemas.preferences import Horizon, PreferenceSchema, pack
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import function, load_functions
from sink_connectors.redis_server import Command, raised
from sink_connectors.retry import Sender
from sink_connectors.write_preferences import WritePreferences
from tests.redis_cluster import RedisClusterServers, replica_of
from tests.sink_connectors.test_write_preferences import Metrics

pytestmark = pytest.mark.timeout(60)

SCHEMA = PreferenceSchema("tm", 1, (Horizon("live", 10**6),), (("category", "c"),), ttl_s=100)
KEYS = [f"key:{{{i}}}" for i in range(500)]


@pytest.fixture
def connection(redis_cluster: RedisClusterServers) -> Iterator[RedisConnection]:
    connection = RedisConnection(RedisAddress(redis_cluster.url), timeout_s=2)
    yield connection
    connection.close()


def test_every_command_goes_where_its_key_is_and_answers_keep_their_order(
    redis_cluster: RedisClusterServers, connection: RedisConnection
) -> None:
    raised(connection.exchange([["SET", key, place] for place, key in enumerate(KEYS)]))
    answers = connection.exchange([["GET", key] for key in KEYS])
    assert answers == [str(place).encode() for place in range(len(KEYS))]
    held = []
    for node in redis_cluster.nodes:
        with node.client() as client:
            held.append(client.dbsize())
    assert sum(held) == len(KEYS)
    assert min(held) > 0


def test_a_refused_command_leaves_the_others_their_answers(connection: RedisConnection) -> None:
    raised(connection.exchange([["SET", key, "text"] for key in KEYS]))
    answers = connection.exchange([["INCR" if i == 7 else "GET", key] for i, key in enumerate(KEYS)])
    assert "not an integer" in str(answers.pop(7))
    assert answers == [b"text"] * (len(KEYS) - 1)


def test_a_slot_that_moved_is_found_again(
    redis_cluster: RedisClusterServers, connection: RedisConnection
) -> None:
    raised(connection.exchange([["SET", key, "was"] for key in KEYS]))
    slot = key_slot(b"0")
    home = redis_cluster.serving(slot)
    away = next(node for node in redis_cluster.nodes if node is not home)
    redis_cluster.move(slot, away)
    try:
        assert raised(connection.exchange([["GETSET", key, "is"] for key in KEYS])) == [b"was"] * len(KEYS)
        with away.client() as client:
            client.config_resetstat()
            connection.ask(["GET", KEYS[0]])
            assert client.info("commandstats")["cmdstat_get"]["calls"] == 1, "asked elsewhere first"
    finally:
        redis_cluster.move(slot, home)
    assert connection.ask(["GET", KEYS[0]]) == b"is"


def test_keys_of_a_slot_on_its_way_are_found_on_either_side_and_new_ones_are_written(
    redis_cluster: RedisClusterServers, connection: RedisConnection
) -> None:
    keys = [f"{{0}}{i}" for i in range(100)]
    slot = key_slot(b"0")
    home = redis_cluster.serving(slot)
    away = next(node for node in redis_cluster.nodes if node is not home)
    raised(connection.exchange([["SET", key, key] for key in keys[:60]]))
    with redis_cluster.moving(slot, home, away) as step:
        assert step(20) == 20
        assert raised(connection.exchange([["GET", key] for key in keys[:60]])) == [
            key.encode() for key in keys[:60]
        ]
        raised(connection.exchange([["SET", key, key] for key in keys]))
    try:
        assert raised(connection.exchange([["GET", key] for key in keys])) == [key.encode() for key in keys]
    finally:
        redis_cluster.move(slot, home)


def test_functions_are_on_every_master_and_again_where_one_lost_them(
    redis_cluster: RedisClusterServers, connection: RedisConnection, caplog: pytest.LogCaptureFixture
) -> None:
    sender = Sender(connection, lambda: load_functions(connection))
    commands: list[Command] = [["FCALL", function("sample"), 1, key, 60, 10] for key in KEYS]
    assert sender.send_until_answered(commands) == [b""] * len(KEYS)
    with redis_cluster.nodes[1].client() as client:
        client.function_flush()
    assert sender.send_until_answered(commands) == [b""] * len(KEYS)
    assert "Function not found" in caplog.text


def test_a_master_that_dies_and_comes_back_is_waited_for(
    redis_cluster: RedisClusterServers, connection: RedisConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one that the URL names, even."""
    monkeypatch.setattr("sink_connectors.retry.LONGEST_WAIT_S", 0.2)
    writing = Thread(target=write_until, args=(Sender(connection), stop := Event(), done := [0]))
    writing.start()
    try:
        await_progress(done)
        redis_cluster.nodes[0].stop()
        answers = connection.exchange([["GET", key] for key in KEYS])
        assert {isinstance(answer, Exception) for answer in answers} == {True, False}
        time.sleep(1.5)  # until the others have noticed
        stuck_at = done[0]
        time.sleep(0.3)
        assert done[0] == stuck_at, "went on without the node"
        redis_cluster.nodes[0].start()
        redis_cluster.await_ok()
        await_progress(done)
    finally:
        stop.set()
        writing.join()
    assert raised(connection.exchange([["GET", key] for key in KEYS])) == [str(done[0]).encode()] * len(KEYS)


def test_a_replica_that_takes_over_from_a_dead_master_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sink_connectors.retry.LONGEST_WAIT_S", 0.2)
    cluster = RedisClusterServers(tmp_path)
    started = []
    try:
        cluster.start()
        started.append(replica_of(tmp_path / "replica", cluster, cluster.nodes[0]))
        connection = RedisConnection(RedisAddress(cluster.url), timeout_s=2)
        sender = Sender(connection, lambda: load_functions(connection))
        sample: list[Command] = [["FCALL", function("sample"), 1, f"sample:{key}", 60, 10] for key in KEYS]
        sender.send_until_answered(sample)
        cluster.nodes[0].stop()
        sender.send_until_answered([["SET", key, "after"] for key in KEYS])
        assert sender.send_until_answered(sample) == [b""] * len(KEYS)
        assert raised(connection.exchange([["GET", key] for key in KEYS])) == [b"after"] * len(KEYS)
        connection.close()
    finally:
        cluster.stop()
        for replica in started:
            replica.stop()


def write_until(sender: Sender, stop: Event, done: list[int]) -> None:
    while not stop.is_set():
        number = done[0] + 1
        sender.send_until_answered([["SET", key, number] for key in KEYS])
        done[0] = number


def await_progress(done: list[int]) -> None:
    before, deadline = done[0], time.monotonic() + 20
    while done[0] < before + 3:
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.01)


def test_the_sink_loses_nothing_while_slots_move_to_and_fro(redis_cluster: RedisClusterServers) -> None:
    visitors = [f"visitor {i}" for i in range(400)]
    slots = sorted({key_slot(SCHEMA.visitor_key(v).encode()) for v in visitors})[::20]
    sink = WritePreferences(RedisAddress(redis_cluster.url), SCHEMA)
    sink.open(Metrics())
    stop, done = Event(), [0]
    writing = Thread(target=grow_until, args=(sink, visitors, stop, done))
    writing.start()
    try:
        await_progress(done)
        deadline = time.monotonic() + 30
        for moved, slot in enumerate(cycle(slots), 1):
            move_to_and_fro(redis_cluster, slot)
            if moved >= len(slots) and min(asked(redis_cluster, kind) for kind in ("MOVED", "TRYAGAIN")) > 0:
                break
            assert time.monotonic() < deadline, "nothing was redirected"
        await_progress(done)
    finally:
        stop.set()
        writing.join()
    with closing(RedisConnection(RedisAddress(redis_cluster.url))) as connection:
        found = connection.exchange([["HGET", SCHEMA.visitor_key(v), "c:tea"] for v in visitors])
    sink.close()
    assert found == [pack(float(done[0]))] * len(visitors)


def move_to_and_fro(cluster: RedisClusterServers, slot: int) -> None:
    home = cluster.serving(slot)
    away = next(node for node in cluster.nodes if node is not home)
    for source, target in ((home, away), (away, home)):
        with cluster.moving(slot, source, target):
            time.sleep(0.02)  # so that something is written while both have keys of it


def grow_until(sink: WritePreferences, visitors: list[str], stop: Event, done: list[int]) -> None:
    while not stop.is_set():
        number = float(done[0] + 1)
        rows = pd.Series([struct.pack(">qqdd", done[0], 1, number, number)] * len(visitors))
        sink.eval(pd.Series(visitors), 0, "tea", rows)
        done[0] += 1


def asked(cluster: RedisClusterServers, kind: str) -> int:
    count = 0
    for node in cluster.nodes:
        with node.client() as redis:
            count += redis.info("errorstats").get(f"errorstat_{kind}", {"count": 0})["count"]
    return count
