"""Where a part of a hot shop finds in Redis what the other parts hold."""

from typing import Any

from schemas.segments import SegmentSchema
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.retry import Sender


class RestStore:
    """Reads; waits when Redis is away. Connects at `open`."""

    def __init__(self, address: RedisAddress, schema: SegmentSchema) -> None:
        self._address, self._schema = address, schema

    def open(self, metrics: Any) -> None:
        """metrics : a Flink metric group."""
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, lambda: None, metrics.counter("redis_retries").inc)

    def close(self) -> None:
        self._redis.close()

    def read(self, shop: str, part: str) -> bytes | None:
        """`RestOfShop` as bytes; None: the part was told nothing yet."""
        found: bytes | None = self._sender.send_until_answered([["GET", self._schema.rest_key(shop, part)]])[
            0
        ]
        return found
