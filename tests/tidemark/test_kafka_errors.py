"""Why Kafka is not reached, by real sockets: each reason in one line, at once."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from flink_jobs.kafka_access import KafkaAccess
from tidemark.errors import UserError
from tidemark.kafka_errors import addresses, check_reachable


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_a_host_that_does_not_exist_is_said() -> None:
    with pytest.raises(UserError, match=r"no Kafka at nowhere\.invalid:9092 \(.+\)"):
        check_reachable(KafkaAccess(bootstrap="nowhere.invalid:9092"))


def test_one_server_that_answers_is_enough(nobody: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_reachable(KafkaAccess(bootstrap=f"{nobody},127.0.0.1:{server.getsockname()[1]}"))


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(file := tmp_path / "ca.pem")
    return file


def answering(server: socket.socket, context: ssl.SSLContext | None) -> None:
    """Shake hands with, or without TLS hang up on, whoever connects, until the socket is closed."""
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(1) if context is None else context.wrap_socket(
                    connection, server_side=True
                ).close()


@pytest.fixture(params=["127.0.0.1", "elsewhere.example", None])
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[tuple[str, str | None]]:
    """Address of a server, and the host in its certificate; None: it does not speak TLS."""
    context = None
    if request.param is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(request.param).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answering, args=(listening, context), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", request.param
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_server_must_speak_tls_and_prove_its_name(server: tuple[str, str | None], ca: Path) -> None:
    address, name = server
    kafka = KafkaAccess(bootstrap=address, security="ssl", ca=ca)
    if name == "127.0.0.1":
        check_reachable(kafka)
        return
    said = (
        "does not speak TLS: set TIDEMARK_KAFKA_SECURITY=plaintext"
        if name is None
        else "not valid for '127.0.0.1'"
    )
    with pytest.raises(UserError, match=said):
        check_reachable(kafka)


def test_an_authority_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    (file := tmp_path / "ca.pem").write_text("nothing")
    for ca in (file, tmp_path / "none"):
        with pytest.raises(UserError, match=f"TIDEMARK_KAFKA_CA={ca}: no certificate can be read"):
            check_reachable(KafkaAccess(bootstrap="127.0.0.1:1", security="ssl", ca=ca))


@pytest.mark.parametrize(
    "address", ["", "rubbish", "host:", ":9092", "host:port", "host:0", "host:99999", "a:1,,b:2"]
)
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(UserError, match="does not read host:port"):
        addresses(address)


def test_an_address_is_one_server_or_several() -> None:
    assert addresses("localhost:9092") == [("localhost", 9092)]
    assert addresses("10.0.0.1:1, [::1]:2") == [("10.0.0.1", 1), ("::1", 2)]
