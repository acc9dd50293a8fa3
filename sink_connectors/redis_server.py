"""One Redis server, and pipelines to it."""

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.exceptions import RedisError, ResponseError

TIMEOUT_S = 10.0  # for one answer, not for a pipeline: a server that is alive answers each command far sooner
SENT_AT_ONCE = 200  # commands: Redis works on them while the next are being packed

Command = list[bytes | str | int | float]


class Server:
    """One server, and its pool of connections.

    options : of a redis-py connection, see `RedisAddress.options`.
    failed_s : `time.monotonic()` of when it last did not answer.
    """

    def __init__(self, options: dict[str, Any], timeout_s: float) -> None:
        self._options, self._timeout_s = options, timeout_s
        self.host: str = options["host"]
        self.failed_s = float("-inf")
        self.pool = Redis(
            **options,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            socket_keepalive=True,
            protocol=2,
            lib_name=None,  # saves two round trips at each new connection
            lib_version=None,
        ).connection_pool

    def beside(self, host: str, port: int) -> "Server":
        """Another node of the same cluster."""
        return Server({**self._options, "host": host, "port": port}, self._timeout_s)

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """See `RedisConnection.exchange`."""
        with closing(Pipe(self)) as pipe:
            for start in range(0, len(commands), SENT_AT_ONCE):
                pipe.send(commands[start : start + SENT_AT_ONCE])
            return pipe.answers()

    def everywhere(self, command: Command) -> list[Any]:
        return self.exchange([command])

    def close(self) -> None:
        self.pool.disconnect()


class Pipe:
    """One connection for one exchange: all is sent before anything is read. A failure answers all of it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Any = None
        self._sent, self._unread = 0, 0
        self._failure: Exception | None = None

    def send(self, commands: Sequence[Command]) -> None:
        self._sent += len(commands)
        if self._failure is None:
            try:
                if self._connection is None:
                    self._connection = self._server.pool.get_connection()
                self._unread += len(commands)
                self._connection.send_packed_command([b"".join(_packed(command) for command in commands)])
            except (RedisError, OSError) as error:
                self._fail(error)

    def answers(self) -> list[Any]:
        if self._failure is None:
            try:
                answers = [_answer(self._connection) for _ in range(self._unread)]
                self._unread = 0
                return answers
            except (RedisError, OSError) as error:
                self._fail(error)
        return [self._failure] * self._sent

    def close(self) -> None:
        if self._connection is not None:
            if self._unread:  # what was not read must not become the answer to another command
                self._connection.disconnect()
            self._server.pool.release(self._connection)

    def _fail(self, error: Exception) -> None:
        self._failure, self._server.failed_s = error, time.monotonic()


def raised(answers: list[Any]) -> list[Any]:
    """The answers; the first error among them is raised."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def fields_of(answer: list[bytes]) -> dict[bytes, bytes]:
    """HGETALL's answer as field -> value."""
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _packed(command: Command) -> bytes:
    packed: bytes = pack_command(tuple(command))  # type: ignore[arg-type]  # its stub knows one argument only
    return packed


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
