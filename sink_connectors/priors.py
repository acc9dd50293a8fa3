"""Where priors and choice models come from and go to in Redis."""

from collections.abc import Iterator
from typing import Any

from schemas.preference_choices import FacetChoices
from schemas.preference_priors import FacetPrior
from schemas.preferences import PreferenceSchema
from sink_connectors.prepare import prepare
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command, fields_of
from sink_connectors.retry import Sender

VISITORS_AT_ONCE = 256


class PriorStore:
    """Reads the sample of visitors and publishes priors; waits when Redis is away. Connects at `open`."""

    def __init__(self, address: RedisAddress, schema: PreferenceSchema) -> None:
        self._address, self._schema = address, schema

    def open(self, metrics: Any) -> None:
        """metrics : a Flink metric group."""
        retries = metrics.counter("redis_retries")
        self._redis = RedisConnection(self._address)
        self._sender = Sender(self._redis, lambda: prepare(self._redis, self._schema), retries.inc)

    def close(self) -> None:
        self._redis.close()

    def read_sample(self) -> Iterator[list[tuple[str, dict[bytes, bytes]]]]:
        """The sampled visitors' hashes in parts, by hash of their ids; who has none leaves the sample."""
        sample_key = self._schema.sample_key
        visitors: list[bytes] = self._send(["ZRANGE", sample_key, 0, -1])[0]
        for start in range(0, len(visitors), VISITORS_AT_ONCE):
            part = visitors[start : start + VISITORS_AT_ONCE]
            names = [visitor.decode() for visitor in part]
            commands: list[Command] = [["HGETALL", self._schema.visitor_key(name)] for name in names]
            hashes = [fields_of(answer) for answer in self._send(*commands)]
            gone = [v for v, fields in zip(part, hashes, strict=True) if not fields]
            if gone:
                self._send(["ZREM", sample_key, *gone])
            yield list(zip(names, hashes, strict=True))

    def publish(self, priors: dict[str, FacetPrior], choices: dict[str, FacetChoices]) -> None:
        """Replace what is known of each facet, each at once, and write the configuration again."""
        commands: list[Command] = [["SET", self._schema.config_key, self._schema.to_json()]]
        commands += [self._replace(self._schema.prior_key(f), prior.fields()) for f, prior in priors.items()]
        commands += [
            self._replace(self._schema.choices_key(f), found.fields()) for f, found in choices.items()
        ]
        self._send(*commands)

    def _replace(self, key: str, fields: dict[bytes, bytes]) -> Command:
        command: Command = ["FCALL", function("replace"), 1, key, self._schema.ttl_s]
        for field in fields.items():
            command += field
        return command

    def _send(self, *commands: Command) -> list[Any]:
        return self._sender.send_until_answered(commands)
