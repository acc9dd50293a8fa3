"""Tombstones: where they stand, and that all jobs find them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.tombstones import Tombstones, read_secret, secret_key, shared_secret


@given(visitor=st.text(max_size=20))
def test_a_tombstone_sits_where_the_visitor_does_and_does_not_name_them(visitor: str) -> None:
    guarded = f"tm:{{{visitor}}}:preferences:1".encode()
    key = Tombstones("tm", b"secret").key(visitor, guarded)
    assert key_slot(key) == key_slot(guarded)
    assert len(visitor) < 8 or visitor.encode() not in key


def test_the_hash_is_keyed() -> None:
    keys = {Tombstones("tm", secret).key("ann", b"tm:{ann}:preferences:1") for secret in (b"a", b"b", b"a")}
    assert len(keys) == 2


def test_the_first_job_makes_the_secret_and_the_others_take_it(redis: Any, redis_server: str) -> None:
    exchange = RedisConnection(RedisAddress(redis_server)).exchange
    secrets = {shared_secret(exchange, "tm", None) for _ in range(2)}
    assert secrets == {redis.get(secret_key("tm"))}
    assert len(secrets.pop()) == 64


def test_a_secret_of_a_file_is_not_in_redis(redis: Any, redis_server: str, tmp_path: Path) -> None:
    exchange = RedisConnection(RedisAddress(redis_server)).exchange
    (tmp_path / "key").write_text("long random text\n")
    secret = read_secret(str(tmp_path / "key"))
    assert secret == b"long random text"
    assert [shared_secret(exchange, "tm", secret) for _ in range(2)] == [secret] * 2
    assert b"random" not in redis.get(secret_key("tm"))
    with pytest.raises(ValueError, match="is not that of"):
        shared_secret(exchange, "tm", b"another")
    with pytest.raises(ValueError, match="is in a file"):
        shared_secret(exchange, "tm", None)


def test_a_job_without_the_file_that_others_had_is_told_so(redis: Any, redis_server: str) -> None:
    exchange = RedisConnection(RedisAddress(redis_server)).exchange
    made = shared_secret(exchange, "tm", None)
    with pytest.raises(ValueError, match="is not that of"):
        shared_secret(exchange, "tm", b"a file's")
    assert redis.get(secret_key("tm")) == made


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ValueError, match="holds no erasure key"):
        read_secret(str(tmp_path / "key"))
