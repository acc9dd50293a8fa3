"""How Redis is reached, and that no password shows."""

import pickle
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError

from sink_connectors.redis_address import RedisAddress, without_password
from tests.secured_redis import Certificates


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSWORD", "PASSWORD_FILE", "CA"):
        monkeypatch.delenv(f"TIDEMARK_REDIS_{name}", raising=False)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:1", "redis://host:1"),
        ("redis://:open@host", "redis://:***@host"),
        ("rediss://ann:open:se/s@me@host:1/0", "rediss://ann:***@host:1/0"),
        ("redis://ann@host", "redis://ann@host"),
        ("localhost:6379", "localhost:6379"),
    ],
)
def test_a_password_in_a_url_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://host",
        "redis://",
        "redis://ann:open@",
        "redis://ann:open@host:nine",
        "redis://ann:op/en@host",
        "redis://ann:open@host/first",
        "redis://ann:open@host?ssl_cert_reqs=none",
        "redis://ann:open@[host",
    ],
)
def test_what_is_no_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="is no Redis URL; write redis://") as refused:
        RedisAddress(url)
    assert "op" not in str(refused.value)


def test_the_file_is_read_anew_for_each_connection_and_goes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    address = RedisAddress("redis://ann@host", str(file))
    monkeypatch.setenv("TIDEMARK_REDIS_PASSWORD", "from the environment")
    assert address.get_credentials() == ("ann", "from the environment")
    file.write_text("first \n")
    assert address.get_credentials() == ("ann", "first ")
    file.write_text("second")
    assert address.get_credentials() == ("ann", "second")


def test_neither_what_is_printed_nor_what_is_pickled_has_the_password(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("opensesame")
    address = RedisAddress("redis://host", str(file))
    assert address.get_credentials() == ("opensesame",)
    assert b"opensesame" not in pickle.dumps(address)
    in_url = RedisAddress("redis://ann:opensesame@host")
    assert in_url.get_credentials() == ("ann", "opensesame")
    for text in (str(in_url), repr(in_url), f"{in_url}"):
        assert "opensesame" not in text


def test_a_user_without_a_password_is_told_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="in TIDEMARK_REDIS_PASSWORD_FILE"):
        RedisAddress("redis://ann@host").get_credentials()
    with pytest.raises(AuthenticationError, match=r"names /nowhere, which is not there"):
        RedisAddress("redis://ann@host", "/nowhere").get_credentials()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(AuthenticationError, match="which is empty"):
        RedisAddress("redis://ann@host", str(tmp_path / "empty")).get_credentials()
    with pytest.raises(AuthenticationError, match="cannot be read"):
        RedisAddress("redis://ann@host", str(tmp_path)).get_credentials()
    assert RedisAddress("redis://host").get_credentials() == ()


def test_certificates_are_verified_and_names_checked(tmp_path: Path) -> None:
    authority = Certificates.issued(tmp_path, "host").ca
    assert RedisAddress("redis://host").tls() == {}
    tls = RedisAddress("rediss://host", ca=str(authority)).tls()
    assert (tls["ssl_ca_certs"], tls["ssl_cert_reqs"], tls["ssl_check_hostname"]) == (
        str(authority),
        "required",
        True,
    )


def test_the_environment_names_the_files_of_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_REDIS_PASSWORD_FILE", "/run/secrets/redis")
    monkeypatch.setenv("TIDEMARK_REDIS_CA", "/run/ca.pem")
    assert RedisAddress.of("redis://host") == RedisAddress(
        "redis://host", "/run/secrets/redis", "/run/ca.pem"
    )
    assert RedisAddress.of("redis://host", ca="mine").ca == "mine"


def test_a_password_that_only_the_submitting_machine_has_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_REDIS_PASSWORD", "opensesame")
    assert RedisAddress("redis://host").secret_stays_behind()
    assert not RedisAddress("redis://host", "/run/secrets/redis").secret_stays_behind()
    assert not RedisAddress("redis://:development@host").secret_stays_behind()
