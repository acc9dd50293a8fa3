"""`tidemark export` and `tidemark forget`, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.preferences import AT, retired_key
from sink_connectors.erase import erase
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import load_functions
from sink_connectors.tombstones import Tombstones, shared_secret
from tests.tidemark.cli.typed import tidemark
from tests.tidemark.generations_in_redis import AT_MS, schema, write

ODD = "an*n [x]?"  # SCAN's pattern characters


@pytest.fixture(autouse=True)
def _shop(redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two generations in a real Redis, and a shell in which `tidemark` finds it."""
    write(redis, schema(1), {ODD: {"c": 3.0, "c:tea": 2.0, "b": 1.0}, "an": {"c": 1.0, "c:tea": 1.0}})
    write(redis, schema(2), {ODD: {"c": 1.0, "c:a:b": 1.0}})
    monkeypatch.setenv("TIDEMARK_REDIS", redis_server)
    monkeypatch.chdir(tmp_path)


def exported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], visitor: str) -> Any:
    assert tidemark(monkeypatch, "export", visitor) == 0
    return json.loads(capsys.readouterr().out)


def test_an_export_has_every_generation_sample_and_key(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redis.set(f"tm:{{{ODD}}}:something:else", "1")
    found = exported(monkeypatch, capsys, ODD)
    first, second = found["preferences"]
    assert (first["generation"], first["latest_event_ms"], first["earliest_event_ms"]) == (1, AT_MS, None)
    assert first["weights"]["category"]["total"] == pytest.approx({"hour": 3.0, "day": 3.0})
    assert first["weights"]["category"]["values"]["tea"] == pytest.approx({"hour": 2.0, "day": 2.0})
    assert first["weights"]["brand"]["values"] == {}
    assert second["weights"]["category"]["values"].keys() == {"a:b"}
    assert found["samples"] == ["tm:{preferences:1}:sample", "tm:{preferences:2}:sample"]
    assert found["other_keys"] == [f"tm:{{{ODD}}}:something:else"]
    assert found["forgotten_until_ms"] is None


def test_fields_without_a_configuration_are_shown_as_they_are(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redis.delete(schema(2).config_key)
    _, second = exported(monkeypatch, capsys, ODD)["preferences"]
    stored = redis.hgetall(schema(2).visitor_key(ODD))
    assert second["fields"] == {name.decode(): of.hex() for name, of in stored.items() if name != AT}


def test_of_a_forgotten_visitor_only_the_time_is_left(
    redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    redis.hset(retired_key("tm"), "2", 0)
    connection = RedisConnection(RedisAddress(redis_server))
    load_functions(connection)
    secret = shared_secret(connection.exchange, "tm", None)
    erase(connection.exchange, schema(1), Tombstones("tm", secret), {ODD: AT_MS})
    assert exported(monkeypatch, capsys, ODD) == {
        "visitor": ODD,
        "preferences": [],
        "samples": [],
        "other_keys": [],
        "forgotten_until_ms": AT_MS,
    }
    assert exported(monkeypatch, capsys, "an")["preferences"]


def test_an_erasure_key_in_a_file_is_needed_to_look(
    redis_server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shared_secret(RedisConnection(RedisAddress(redis_server)).exchange, "tm", b"a secret")
    assert tidemark(monkeypatch, "export", ODD) == 2
    assert "TIDEMARK_ERASURE_KEY_FILE" in capsys.readouterr().err
    Path("key").write_text("a secret")
    monkeypatch.setenv("TIDEMARK_ERASURE_KEY_FILE", "key")
    assert exported(monkeypatch, capsys, ODD)["forgotten_until_ms"] is None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["ann", "--until", "2999-01-01"], "lies in the future"),
        (["ann", "--until", "yesterday"], "must be now, or a time"),
        (["", "--kafka", "127.0.0.1:1"], "the visitor's id is empty"),
        (["ann", "--kafka", "127.0.0.1:1"], "no Kafka at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_one_line(
    words: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "forget", *words) == 2
    assert complaint in capsys.readouterr().err
