import socket
from collections.abc import Iterator

import pytest

from tidemark.stack.ports import LOOPBACK, assign, is_free, listens


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_not_free_and_listens(taken: int) -> None:
    assert not is_free(taken)
    assert listens(taken)


def test_a_port_taken_on_every_interface_is_not_free_on_loopback() -> None:
    with socket.socket() as server:
        server.bind(("", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_a_port_is_free_again_as_soon_as_its_server_has_gone() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)):
            server.accept()[0].close()  # we close first: the connection lingers on our side
    assert is_free(port)
    assert not listens(port)


def test_the_next_free_port_replaces_a_taken_one(taken: int) -> None:
    port = assign({"kafka": taken}, {})["kafka"]
    assert port > taken
    assert is_free(port)


def test_two_services_never_share_a_port(taken: int) -> None:
    ports = assign({"a": taken, "b": taken, "c": taken}, {})
    assert len(set(ports.values())) == 3


def test_a_port_of_the_last_run_is_kept_where_it_is_free(taken: int) -> None:
    kept = assign({"kafka": taken}, {})
    assert assign({"kafka": 1024}, kept) == kept
    assert assign({"kafka": taken + 1}, {"kafka": taken})["kafka"] != taken


def test_no_free_port_says_for_whom(taken: int) -> None:
    with pytest.raises(OSError, match="for kafka"):
        assign({"kafka": 65536}, {"kafka": taken})
