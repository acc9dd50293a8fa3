"""The client of redis-py with which generations are walked over, compared and promoted."""

from contextlib import closing
from typing import Any

from redis import ConnectionPool, Redis, SSLConnection
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_errors import explained
from tidemark.checks import TIMEOUT_S, check_redis
from tidemark.errors import UserError


def redis_client(address: RedisAddress) -> Any:
    """A `Redis`, or a `RedisCluster` where the address is that of one.

    Raises
    ------
    UserError : see `check_redis`; no node of the cluster but the address's can be reached.
    """
    with closing(check_redis(address)) as redis:
        is_cluster = redis.hello()[b"mode"] == b"cluster"
    options = address.options() | {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
    try:
        return _cluster(options) if is_cluster else Redis(**options)
    except RedisClusterException as error:  # which is no RedisError
        raise UserError(explained(error, address)) from error


class _HostChecking(ConnectionPool):
    """RedisCluster drops the option that has TLS check host names, but not the class of its pools."""

    def __init__(self, **options: Any) -> None:
        if options.get("connection_class") is SSLConnection:
            options["ssl_check_hostname"] = True
        super().__init__(**options)


def _cluster(options: dict[str, Any]) -> Any:
    scheme = "rediss" if options.pop("ssl", False) else "redis"
    host, port = options.pop("host"), options.pop("port")
    options.pop("db", None)  # a cluster has the first only
    bracketed = f"[{host}]" if ":" in host else host
    return RedisCluster(url=f"{scheme}://{bracketed}:{port}", connection_pool_class=_HostChecking, **options)
