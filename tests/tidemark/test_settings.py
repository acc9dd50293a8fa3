"""Where things are: what was asked for, the environment, the local stack, in this order."""

import json
import os
from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.settings import Settings

STACK = {
    "TIDEMARK_KAFKA": "127.0.0.1:9092",
    "TIDEMARK_KAFKA_SECURITY": "sasl_ssl",
    "TIDEMARK_KAFKA_USER": "tidemark",
    "TIDEMARK_KAFKA_PASSWORD_FILE": "/run/kafka-password",
    "TIDEMARK_REDIS": "rediss://tidemark@127.0.0.1:6379",
    "TIDEMARK_REDIS_PASSWORD_FILE": "/run/redis-password",
    "TIDEMARK_REDIS_CA": "/run/ca.pem",
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those beside a secured local stack, in an environment that says nothing."""
    for name in [name for name in os.environ if name.startswith("TIDEMARK_")]:
        monkeypatch.delenv(name)
    addresses = {
        "kafka": STACK["TIDEMARK_KAFKA"],
        "redis": STACK["TIDEMARK_REDIS"],
        "flink": "127.0.0.1:8081",
    }
    (tmp_path / "stack.json").write_text(json.dumps({"addresses": addresses, "access": STACK}))
    return Settings(run=tmp_path)


def test_the_local_stack_is_reached_as_it_was_set_up(settings: Settings) -> None:
    kafka, redis = settings.kafka_access().variables(), settings.redis_address().variables()
    assert {name: value for name, value in {**kafka, **redis}.items() if name in STACK} == STACK


def test_its_address_may_be_said_and_another_one_knows_nothing_of_it(settings: Settings) -> None:
    assert settings.kafka_access(STACK["TIDEMARK_KAFKA"]).user == "tidemark"
    assert settings.redis_address(STACK["TIDEMARK_REDIS"]).ca == "/run/ca.pem"
    assert settings.kafka_access("elsewhere:9092").security == "plaintext"
    assert settings.redis_address("redis://elsewhere").password_file == ""


def test_the_environment_goes_before_the_stack(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_KAFKA_USER", "ada")
    monkeypatch.setenv("TIDEMARK_KAFKA_CA", "")
    assert settings.kafka_access().user == "ada"
    assert settings.kafka_access().security == "sasl_ssl"


@pytest.mark.parametrize(
    ("name", "value"), [("TIDEMARK_KAFKA_SECURITY", "tls"), ("TIDEMARK_KAFKA_PASWORD", "x")]
)
def test_a_wrong_variable_is_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="wrong TIDEMARK_KAFKA settings: ") as caught:
        settings.kafka_access()
    assert "\n" not in str(caught.value)
