"""Redis: persistent, on loopback, never dropping a key."""

from pathlib import Path

import redis

from tidemark.stack.ports import LOOPBACK
from tidemark.stack.service import Service
from tidemark.stack.tools import redis_server

CONFIG = """\
bind {host}
port {port}
dir "{data}"
daemonize no
# Without it the process list, and with it our mark, stays as it was at the start.
set-proc-title no
# Every write is in the append-only file within a second: down, up, and even kill -9, lose nothing older.
appendonly yes
appendfsync everysec
save ""
# When memory is full a write fails, and the job waits; a key never vanishes by itself.
maxmemory-policy noeviction
loglevel notice
"""


def service(run: Path, port: int) -> Service:
    """The Redis of the stack in `run`."""
    log = run / "log" / "redis.log"
    return Service(
        name="redis",
        address=url(port),
        run=run,
        output=log,
        explains=log,
        environment={},
        prepare=lambda: prepare(run / "redis", port),
        answers=lambda: answers(port),
    )


def url(port: int) -> str:
    return f"redis://{LOOPBACK}:{port}"


def prepare(data: Path, port: int) -> list[str]:
    """Write the configuration; returns the command line."""
    program = redis_server()
    data.mkdir(parents=True, exist_ok=True)
    config = data / "redis.conf"
    config.write_text(CONFIG.format(host=LOOPBACK, port=port, data=data))
    return [program, str(config)]


def answers(port: int) -> bool:
    """Whether it answers PING; while it still loads its data it does not."""
    try:
        with redis.Redis(host=LOOPBACK, port=port, socket_timeout=2.0) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
