"""How Kafka is reached: what variables mean, and what Flink and kafka-python make of it."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from flink_jobs.config import RunConfig
from flink_jobs.kafka_access import KafkaAccess

SECRET = "geheim-0815"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "kafka-password"
    file.write_text(SECRET)
    return file


def secured(**variables: str) -> KafkaAccess:
    return KafkaAccess.from_variables(
        {
            "TIDEMARK_KAFKA": "kafka:9093",
            "TIDEMARK_KAFKA_SECURITY": "sasl_ssl",
            "TIDEMARK_KAFKA_USER": "ada",
            "TIDEMARK_KAFKA_CA": "/certificates/ca.pem",
            **{f"TIDEMARK_KAFKA_{name.upper()}": value for name, value in variables.items()},
        }
    )


def test_an_address_alone_is_spoken_to_in_plaintext() -> None:
    assert KafkaAccess.of("kafka:1").connector_options() == {"properties.bootstrap.servers": "kafka:1"}
    assert KafkaAccess.of("kafka:1").client_options() == {"bootstrap_servers": "kafka:1"}


def test_the_job_graph_names_the_file_and_clients_get_what_is_in_it(file: Path) -> None:
    access = secured(password_file=str(file))
    options = access.connector_options()
    login = options["properties.sasl.jaas.config"]
    assert login == (
        "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule required "
        f'username="ada" password="${{directory:{file.parent}:kafka-password}}";'
    )
    assert options["properties.config.providers"] == "directory"
    assert options["properties.config.providers.directory.param.allowed.paths"] == str(file.parent)
    assert options["properties.ssl.truststore.location"] == "/certificates/ca.pem"
    assert access.client_options() == {
        "bootstrap_servers": "kafka:9093",
        "security_protocol": "SASL_SSL",
        "ssl_cafile": "/certificates/ca.pem",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "ada",
        "sasl_plain_password": SECRET,
    }


def test_a_password_in_the_environment_is_named_to_flink_and_not_told() -> None:
    options = secured(password=SECRET).connector_options()
    assert 'password="${env:TIDEMARK_KAFKA_PASSWORD}"' in options["properties.sasl.jaas.config"]
    assert options["properties.config.providers.env.param.allowlist.pattern"] == "TIDEMARK_KAFKA_PASSWORD"
    assert SECRET not in str(options)


def test_nothing_that_is_shown_holds_the_password() -> None:
    access = secured(password=SECRET)
    assert SECRET not in f"{access} {access!r} {access.variables()} {access.model_dump()}"
    with pytest.raises(ValidationError) as caught:
        secured(password=SECRET, user="")
    assert SECRET not in str(caught.value)


def test_its_variables_describe_it_again(file: Path) -> None:
    access = secured(password_file=str(file), mechanism="PLAIN")
    assert KafkaAccess.from_variables(access.variables()) == access


def test_a_file_goes_before_a_variable(file: Path) -> None:
    assert secured(password_file=str(file), password="other").read_password() == SECRET


def test_paths_are_absolute_since_flink_looks_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert secured(password_file="p", ca="ca.pem").ca == Path("/ca.pem")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"pasword": "x"}, "no setting TIDEMARK_KAFKA_PASWORD"),
        ({"user": ""}, "sasl_ssl needs TIDEMARK_KAFKA_USER"),
        ({"security": "tls"}, "plaintext"),
        ({"mechanism": "GSSAPI"}, "SCRAM-SHA-512"),
        ({"user": 'a" x="'}, "pattern"),
        ({"ca": "/a:b"}, "without quotes, colons"),
    ],
)
def test_a_wrong_setting_is_said(variables: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        secured(**variables)


@pytest.mark.parametrize("content", ['a"b', "a\\b", "geheim\n", ""])
def test_a_password_that_java_would_read_otherwise_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "password"
    file.write_text(content)
    with pytest.raises(ValueError, match=str(file)) as caught:
        secured(password_file=str(file)).client_options()
    assert not content or content.strip() not in str(caught.value)


def test_a_password_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="user ada has no password: set TIDEMARK_KAFKA_PASSWORD_FILE"):
        secured().client_options()
    with pytest.raises(ValueError, match="cannot be read"):
        secured(password_file=str(tmp_path / "none")).client_options()


def test_a_job_is_configured_by_the_same_variables(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TIDEMARK_KAFKA")]:
        monkeypatch.delenv(name)
    assert RunConfig().kafka == KafkaAccess()
    access = secured(password_file=str(file))
    for name, value in access.variables().items():
        monkeypatch.setenv(name, value)
    assert RunConfig().kafka == access
