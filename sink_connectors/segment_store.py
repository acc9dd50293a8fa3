"""What operators that learn segments tell each other through Redis: absolute, and no state depends on it."""

from typing import Any

from schemas.segments import SegmentSchema
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.retry import Sender


class SegmentStore:
    """Reads; waits when Redis is away. Connects at `open`."""

    def __init__(self, address: RedisAddress, schema: SegmentSchema) -> None:
        self._address, self._schema = address, schema

    def open(self, metrics: Any) -> None:
        """metrics : a Flink metric group."""
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, lambda: None, metrics.counter("redis_retries").inc)

    def close(self) -> None:
        self._redis.close()

    def rest(self, shop: str, part: str) -> bytes | None:
        """`RestOfShop` for a part of a hot shop; None: it was told nothing yet."""
        return self._get(self._schema.rest_key(shop, part))

    def industry(self, name: str) -> bytes | None:
        """`ShopPart` of an industry; None: it has learned nothing yet."""
        return self._get(self._schema.industry_key(name))

    def _get(self, key: str) -> bytes | None:
        found: bytes | None = self._sender.send_until_answered([["GET", key]])[0]
        return found
