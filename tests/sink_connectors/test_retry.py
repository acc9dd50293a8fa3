"""Waiting for Redis, against real servers that refuse, vanish and come back empty."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import exceptions as redis_errors

from sink_connectors import retry
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import function, load_functions
from sink_connectors.redis_server import Command
from sink_connectors.retry import RefusedError, Sender, is_outage
from tests.redis_server import RedisServer

SAMPLE: Command = ["FCALL", function("sample"), 1, "sample", 60, 10, 0.5, "ann"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


def test_functions_are_loaded_again_when_redis_came_back_empty(server: RedisServer) -> None:
    retries: list[int] = []
    redis = RedisConnection(RedisAddress(server.url))
    sender = Sender(redis, lambda: load_functions(redis), lambda: retries.append(1))
    assert sender.send_until_answered([SAMPLE]) == [b""]
    server.stop()
    server.start()
    assert sender.send_until_answered([SAMPLE]) == [b""]
    assert retries
    redis.close()


def test_it_waits_while_redis_is_away_and_warns_once(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    retries: list[int] = []
    redis = RedisConnection(RedisAddress(server.url))
    sender = Sender(redis, count_retry=lambda: retries.append(1))
    server.stop()
    restart = threading.Timer(1.0, server.start)
    restart.start()
    try:
        with caplog.at_level(logging.WARNING):
            assert sender.send_until_answered([["SET", "a", 1]]) == [b"OK"]
    finally:
        restart.join()  # else a server outlives the test
    assert len(retries) >= 2
    assert len(caplog.records) == 1
    redis.close()


@pytest.mark.parametrize(
    ("refuse", "accept"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    ],
)
def test_full_memory_and_a_replica_are_waited_for(
    server: RedisServer, refuse: tuple[str, ...], accept: tuple[str, ...]
) -> None:
    retries: list[int] = []
    redis = RedisConnection(RedisAddress(server.url))
    load_functions(redis)
    server.client().execute_command(*refuse)

    def count_retry() -> None:
        retries.append(1)
        server.client().execute_command(*accept)

    assert Sender(redis, count_retry=count_retry).send_until_answered([SAMPLE]) == [b""]
    assert len(retries) == 1
    redis.close()


def test_a_mistake_is_raised_at_once_even_behind_an_outage(server: RedisServer) -> None:
    redis = RedisConnection(RedisAddress(server.url))
    redis.ask(["SET", "text", "abc"])
    lost: Command = ["FCALL", "nothing", 0]
    with pytest.raises(RefusedError, match="not an integer"):
        Sender(redis).send_until_answered([lost, ["INCR", "text"]])
    redis.close()


def test_a_wrong_password_is_raised_at_once(server: RedisServer) -> None:
    redis = RedisConnection(RedisAddress(server.url.replace("redis://", "redis://:wrong@")))
    server.client().config_set("requirepass", "right")
    with pytest.raises(RefusedError, match="mend the user in the URL, or what TIDEMARK_REDIS_PASSWORD_FILE"):
        Sender(redis).send_until_answered([["PING"]])
    redis.close()


def test_a_worker_whose_task_manager_is_gone_stops_trying(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = RedisConnection(RedisAddress(server.url))
    sender = Sender(redis)
    server.stop()
    monkeypatch.setattr(retry, "_ancestors", lambda: [1])
    with pytest.raises(retry.AbandonedError):
        sender.send_until_answered([["PING"]])
    redis.close()


def test_after_an_exchange_that_broke_no_answer_is_left_for_the_next(server: RedisServer) -> None:
    redis = RedisConnection(RedisAddress(server.url), timeout_s=0.2)
    broken = redis.exchange([["SET", "a", 1], ["BLPOP", "nothing", 1]])
    assert [type(answer) for answer in broken] == [redis_errors.TimeoutError] * 2
    assert redis.exchange([["GET", "a"], ["ECHO", "x"]]) == [b"1", b"x"]
    redis.close()


@pytest.mark.parametrize(
    ("message", "outage"),
    [
        ("BUSY Redis is busy running a script", True),
        ("MISCONF Redis is configured to save RDB snapshots", True),
        ("ERR Function not found", True),
        ("NOPERM this user has no permissions", False),
        ("WRONGTYPE Operation against a key", False),
    ],
)
def test_replies_that_pass_are_told_from_those_that_do_not(message: str, outage: bool) -> None:
    assert is_outage(redis_errors.ResponseError(message)) is outage
