"""Fixtures that every test may use."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import settings

from tests.redis_cluster import RedisClusterServers
from tests.redis_server import RedisServer

pytest_plugins = ["tests.stack_fixture"] if find_spec("tests.stack_fixture") else []


settings.register_profile("untimed", deadline=None)  # a busy machine is no mistake: speed is for benchmarks
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """PyFlink warns about its own code when it is imported."""
    for category in ("DeprecationWarning", "PendingDeprecationWarning"):
        config.addinivalue_line("filterwarnings", f"ignore::{category}:pyflink")


@pytest.fixture(scope="session")
def _redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisClusterServers]:
    servers = RedisClusterServers(tmp_path_factory.mktemp("redis-cluster"))
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def redis_cluster(_redis_cluster: RedisClusterServers) -> RedisClusterServers:
    """A real Redis Cluster of this test run: no data, no functions."""
    _redis_cluster.empty()
    return _redis_cluster


@pytest.fixture
def redis_server(_redis_server: RedisServer) -> str:
    """URL of a real Redis server of this test run: no data, no functions."""
    with _redis_server.client() as client:
        client.flushall()
        client.function_flush()
    return _redis_server.url


@pytest.fixture
def redis(_redis_server: RedisServer, redis_server: str) -> Iterator[Any]:  # noqa: ARG001
    """A client of `redis_server`; answers are bytes."""
    with _redis_server.client() as client:
        yield client
