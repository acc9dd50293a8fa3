"""What is said of articles, to a real Redis: readers read it, the newest stays, erasures hold."""

import struct
from typing import Any

import msgspec
import pytest

from schemas.article_readers import RECENT, RecentArticles, recent_key
from schemas.article_scores import ABSORBED, AT, MODEL, article_key, shared_key
from sink_connectors.article_commands import Row, ScoreKeys, article_commands, recent_articles
from sink_connectors.redis_functions import library
from sink_connectors.tombstones import Tombstones


@pytest.fixture
def redis(redis: Any) -> Any:
    """With the functions."""
    redis.function_load(library()[1], replace=True)
    return redis


def write(redis: Any, *rows: Row) -> list[int]:
    commands = article_commands(ScoreKeys("tm", 1, 100), Tombstones("tm", b"secret"), rows)
    return [redis.execute_command(*command) for command in commands]


def article(at_ms: int, absorbed: int) -> Row:
    return "article", "新闻", at_ms, absorbed, b"%d %d" % (at_ms, absorbed), f'{{"at_ms": {at_ms}}}'


def clicks(*of: tuple[int, str]) -> bytes:
    """As `RecentClicks.java` writes them."""
    packed = [struct.pack(">qi", at_ms, len(name.encode())) + name.encode() for at_ms, name in of]
    return b"\x01" + b"".join(packed)


def clicked(*of: tuple[int, str]) -> Row:
    return "clicked", "ann", of[0][0], 0, clicks(*of), ""


def gone(until_ms: int) -> Row:
    return "gone", "ann", until_ms, 0, b"", ""


def recent(redis: Any) -> bytes | None:
    found: bytes | None = redis.hget(recent_key("tm", 1, "ann"), RECENT)
    return found


def test_of_an_article_the_newest_stays(redis: Any) -> None:
    key = article_key("tm", 1, "新闻")
    assert write(redis, article(5, 2)) == [1, 1]
    assert write(redis, article(5, 1))[0] == 0
    assert write(redis, article(4, 9)) == [0, 0]
    assert redis.hgetall(key) == {AT: b"5", ABSORBED: b"2", MODEL: b"5 2"}
    assert 0 < redis.ttl(key) <= 100


def test_of_a_bundle_the_last_is_sent(redis: Any) -> None:
    assert len(write(redis, article(5, 1), article(5, 2), article(5, 3))) == 2
    assert redis.hget(article_key("tm", 1, "新闻"), MODEL) == b"5 3"


@pytest.mark.parametrize("kind", ["shared", "readers", "ranking"])
def test_a_hash_is_replaced_whole(redis: Any, kind: str) -> None:
    def row(at_ms: int, **fields: bytes) -> Row:
        said = {AT: b"%d" % at_ms, ABSORBED: b"1", **{name.encode(): of for name, of in fields.items()}}
        return kind, "", at_ms, 1, msgspec.msgpack.encode(said), ""

    write(redis, row(1, old=b"1"), row(2, new=b"2"))
    write(redis, row(1, old=b"1"))
    [key] = redis.keys("tm:*")
    assert set(redis.hgetall(key)) == {AT, ABSORBED, b"new"}
    assert kind != "shared" or key == shared_key("tm", 1).encode()


def test_a_visitors_clicks_are_read_as_they_were_packed(redis: Any) -> None:
    write(redis, clicked((9, "新闻"), (5, "b")))
    found = recent(redis)
    assert found is not None
    assert RecentArticles.from_json(found) == RecentArticles(9, 5, ("新闻", "b"))
    assert recent_articles(clicks((9, "新闻"), (5, "b"))) == RecentArticles(9, 5, ("新闻", "b"))


def test_what_holds_anything_erased_is_refused(redis: Any) -> None:
    write(redis, clicked((9, "a"), (5, "b")))
    write(redis, gone(6))
    assert recent(redis) is None
    assert write(redis, clicked((9, "a"), (5, "b"))) == [-1]
    assert write(redis, clicked((9, "a"))) == [1]
    write(redis, gone(3), gone(20), gone(7))
    assert recent(redis) is None
    assert write(redis, clicked((20, "a"))) == [-1]
