"""Pipelines to Redis, the same for every sink and for readers: a server, or a Redis Cluster."""

from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_cluster import Cluster
from sink_connectors.redis_server import TIMEOUT_S, Command, Server, raised


class RedisConnection:
    """What stands at the address. It connects when it is first needed, and then sees whether it is a cluster.

    One for all threads. It never retries by itself: `Sender` does.
    """

    def __init__(self, address: RedisAddress, timeout_s: float = TIMEOUT_S) -> None:
        self.address = address
        self._seed = Server(address.options(), timeout_s)
        self._nodes: Any = None

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send the commands as one pipeline, without a transaction; the answers in the same order.

        A command that failed has its error for an answer, a `redis.exceptions.RedisError` or an OSError.
        Answers must be small: they wait in Redis until all commands were sent.
        """
        try:
            nodes = self._found()
        except (RedisError, OSError) as error:
            return [error] * len(commands)
        answers: list[Any] = nodes.exchange(commands)
        return answers

    def ask(self, command: Command) -> Any:
        """One command's answer; its error is raised."""
        return raised(self.exchange([command]))[0]

    def everywhere(self, command: Command) -> None:
        """The command on the server, or on every master of the cluster; an error is raised."""
        raised(self._found().everywhere(command))

    def hello(self) -> dict[bytes, Any]:
        """What the server says of itself: version, mode (standalone, cluster, sentinel). Needs no right."""
        flat = raised(self._seed.exchange([["HELLO", 2]]))[0]
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def close(self) -> None:
        self._seed.close()
        if self._nodes is not None:
            self._nodes.close()

    def _found(self) -> Any:
        if self._nodes is None:
            self._nodes = Cluster(self._seed) if self.hello()[b"mode"] == b"cluster" else self._seed
        return self._nodes
