"""What Redis keeps of a visitor who asked to be forgotten: until when, under a name that names nobody."""

import binascii
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from sink_connectors.redis_server import Command, raised

Exchange = Callable[[Sequence[Command]], list[Any]]

BY_FILE = b"by a file: "


class Tombstones:
    """Keys of tombstones.

    secret : keys the hash, so that who reads Redis cannot try out visitors' ids (BLAKE2, RFC 7693, 2.9).
    """

    def __init__(self, namespace: str, secret: bytes) -> None:
        self._namespace, self._secret = namespace.encode(), blake2b(secret).digest()

    def key(self, visitor: str, guarded: bytes) -> bytes:
        """The visitor's tombstone, in the slot of `guarded`: who writes that looks here in the same call."""
        digest = blake2b(visitor.encode(), digest_size=16, key=self._secret).hexdigest()
        return b"%s:{%d}:erased:%s" % (self._namespace, _tags()[key_slot(guarded)], digest.encode())


def secret_key(namespace: str) -> str:
    """Where the secret stands, or a print of it when it is in a file."""
    return f"{namespace}:{{erasures}}:key"


def read_secret(file: str) -> bytes | None:
    """The secret of that file; None: there is none, Redis is to keep one. ValueError: it is empty."""
    if not file:
        return None
    secret = Path(file).read_bytes().strip()
    if not secret:
        raise ValueError(f"{file} holds no erasure key: any long random text will do, the same for ever")
    return secret


def shared_secret(
    exchange: Exchange, namespace: str, from_file: bytes | None, known: bytes | None = None
) -> bytes:
    """The secret that all jobs of a namespace share: from a file, or made by the first of them.

    known : what it was before; proposed where Redis has lost it.

    Raises
    ------
    ValueError : tombstones were made with another one. With this one they would not be found.
    """
    proposed = _print(from_file) if from_file else known or token_hex(32).encode()
    key = secret_key(namespace)
    present = raised(exchange([["SET", key, proposed, "NX"], ["GET", key]]))[1]
    if from_file:
        if present != proposed:
            raise ValueError(f"the erasure key is not that of {key} in Redis: tombstones would not be found")
        return from_file
    if present.startswith(BY_FILE):
        raise ValueError(
            f"{key} in Redis says that the erasure key is in a file: name it in erasure_key_file"
        )
    return bytes(present)


def _print(secret: bytes) -> bytes:
    return BY_FILE + blake2b(secret, digest_size=4, person=b"print").hexdigest().encode()


@cache
def _tags() -> list[int]:
    """By slot of a cluster, the least number that as a hash tag leads there."""
    tags: dict[int, int] = {}
    for number in count():
        tags.setdefault(binascii.crc_hqx(b"%d" % number, 0) % REDIS_CLUSTER_HASH_SLOTS, number)
        if len(tags) == REDIS_CLUSTER_HASH_SLOTS:
            return [tags[slot] for slot in range(REDIS_CLUSTER_HASH_SLOTS)]
    raise AssertionError("there are numbers for all slots")
