"""Redis: persistent, on loopback, never dropping a key; in plaintext or secured."""

import hashlib
from pathlib import Path

import redis

from sink_connectors.redis_address import RedisAddress
from tidemark.stack.ports import LOOPBACK
from tidemark.stack.security import USER, Secrets, write_private
from tidemark.stack.service import Service
from tidemark.stack.tools import redis_server

CONFIG = """\
bind {host}
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

PLAINTEXT = """\
port {port}
"""

SECURED = """\
port 0
tls-port {port}
tls-cert-file "{certificate}"
tls-key-file "{certificate}"
tls-ca-cert-file "{authority}"
tls-auth-clients no
aclfile "{users}"
"""

USERS = """\
user default off ~* &* +@all
user {user} on #{digest} ~* resetchannels +@all -@admin -@dangerous +info
"""
"""Whatever the jobs and the command line do, in any namespace; nothing of what an administrator does."""


def service(run: Path, port: int, secrets: Secrets | None = None) -> Service:
    """The Redis of the stack in `run`, secured if there are `secrets`."""
    log = run / "log" / "redis.log"
    reached = address(port, secrets)
    return Service(
        name="redis",
        address=reached.url,
        run=run,
        output=log,
        explains=log,
        environment={},
        prepare=lambda: prepare(run / "redis", port, secrets),
        answers=lambda: answers(reached),
    )


def address(port: int, secrets: Secrets | None) -> RedisAddress:
    """How clients reach it."""
    if secrets is None:
        return RedisAddress(f"redis://{LOOPBACK}:{port}")
    password_file, authority = secrets.password_file("redis"), secrets.authority
    return RedisAddress(f"rediss://{USER}@{LOOPBACK}:{port}", str(password_file), str(authority))


def prepare(data: Path, port: int, secrets: Secrets | None) -> list[str]:
    """Write the configuration; returns the command line."""
    program = redis_server()
    data.mkdir(parents=True, exist_ok=True)
    config = data / "redis.conf"
    listening = PLAINTEXT.format(port=port) if secrets is None else secured(data, port, secrets)
    config.write_text(CONFIG.format(host=LOOPBACK, data=data) + listening)
    return [program, str(config)]


def secured(data: Path, port: int, secrets: Secrets) -> str:
    """Write the file of users, with a digest of the password; returns the configuration that names it."""
    users = data / "users.acl"
    digest = hashlib.sha256(secrets.password("redis").encode()).hexdigest()
    write_private(users, USERS.format(user=USER, digest=digest).encode())
    return SECURED.format(
        port=port, certificate=secrets.certificate("redis"), authority=secrets.authority, users=users
    )


def answers(reached: RedisAddress) -> bool:
    """Whether it answers PING; while it still loads its data it does not."""
    try:
        with redis.Redis(**reached.options(), socket_timeout=2.0) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False
