"""The Redis side of every peer: the job's own function `grow`, which writes what is newer, and expires."""

from collections.abc import Mapping

from benchmarks.peers.decayed import Fields
from schemas.preferences import AT, SINCE, PreferenceSchema
from sink_connectors.preference_commands import grow_commands
from sink_connectors.prepare import prepare
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.tombstones import Tombstones


class Writer:
    """A connection that is ready for the layout `schema`."""

    def __init__(self, url: str, schema: PreferenceSchema) -> None:
        self._schema, self._tombstones = schema, Tombstones(schema.namespace, b"peers")
        self._redis = RedisConnection(RedisAddress(url))
        prepare(self._redis, schema)

    def write(self, visitors: Mapping[str, Fields]) -> None:
        """One pipeline, one command a visitor; returns when Redis has answered. Raises what it refused."""
        latest = {visitor: {**fields, SINCE: fields[AT]} for visitor, fields in visitors.items()}
        for answer in self._redis.exchange(grow_commands(self._schema, self._tombstones, latest)):
            if isinstance(answer, Exception):
                raise answer
