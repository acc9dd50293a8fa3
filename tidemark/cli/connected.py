"""Options of the commands that look into Redis, and their connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from tidemark.errors import UserError
from tidemark.settings import Settings

Redis = Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")]
Namespace = Annotated[str, typer.Option(help="First part of the keys. Default: tm.")]


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A Redis that answers; what goes wrong in between is one line."""
    from redis.exceptions import RedisClusterException, RedisError

    from sink_connectors.redis_errors import explained
    from tidemark.redis_client import redis_client

    address = Settings().redis_address(url)
    try:
        with redis_client(address) as client:
            yield client
    except (RedisError, RedisClusterException, OSError) as error:
        raise UserError(explained(error, address)) from error
