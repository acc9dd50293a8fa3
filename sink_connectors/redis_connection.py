"""Connections to Redis, the same for every sink."""

from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis import Redis
from redis.cluster import RedisCluster
from redis.exceptions import ResponseError

from sink_connectors.redis_address import RedisAddress

TIMEOUT_S = 10.0  # for one answer, not for a pipeline: a server that is alive answers each command far sooner
SENT_AT_ONCE = 200  # commands: Redis works on them while the next are being packed

Command = list[bytes | str | int | float]


def connect(address: RedisAddress, *, timeout_s: float = TIMEOUT_S) -> Any:
    """A client of the server; connects at its first command.

    It raises on connection errors and timeouts and never retries by itself: `Sender` does.
    """
    return Redis(
        **address.options(),
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        socket_keepalive=True,
        protocol=2,
        lib_name=None,  # saves two round trips at each new connection
        lib_version=None,
    )


def exchange(redis: Any, commands: Sequence[Command]) -> list[Any]:
    """Send the commands as one pipeline, without a transaction; the answers in the same order.

    A command that Redis refuses has a ResponseError for an answer. Answers must be small: they wait in Redis
    until all commands were sent.
    """
    if isinstance(redis, RedisCluster):
        pipeline = redis.pipeline()
        for command in commands:
            pipeline.execute_command(*command)
        answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers

    connection = redis.connection_pool.get_connection()
    try:
        for start in range(0, len(commands), SENT_AT_ONCE):
            part = commands[start : start + SENT_AT_ONCE]
            connection.send_packed_command([b"".join(_packed(command) for command in part)])
        return [_answer(connection) for _ in commands]
    except BaseException:
        connection.disconnect()  # what was not read must not become the answer to another command
        raise
    finally:
        redis.connection_pool.release(connection)


def _packed(command: Command) -> bytes:
    packed: bytes = pack_command(tuple(command))  # type: ignore[arg-type]  # its stub knows one argument only
    return packed


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
