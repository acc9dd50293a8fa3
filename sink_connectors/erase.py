"""Forgetting visitors: their keys go, and tombstones keep what is older from coming back."""

from collections import defaultdict
from collections.abc import Mapping

from schemas.preferences import (
    PreferenceSchema,
    retired_key,
    sample_key,
    served_generation,
    served_key,
    visitor_key,
)
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command, fields_of
from sink_connectors.tombstones import Exchange, Tombstones


def erase(
    exchange: Exchange, schema: PreferenceSchema, tombstones: Tombstones, until_ms: Mapping[str, int]
) -> None:
    """Forget what each visitor did up to a time, in this generation and in those that are or were served.

    Doing it again changes nothing, and what the visitor did since stays.

    until_ms : visitor -> epoch milliseconds.
    """
    generations = _generations(exchange, schema)
    erased = [(visitor, generation) for visitor in until_ms for generation in generations]
    commands: list[Command] = []
    for visitor, generation in erased:
        key = visitor_key(schema.namespace, generation, visitor).encode()
        commands.append(["FCALL", function("erase"), 2, key, tombstones.key(visitor, key), until_ms[visitor]])
    gone: dict[int, list[bytes]] = defaultdict(list)
    for (visitor, generation), answer in zip(erased, exchange(commands), strict=True):
        if answer:
            gone[generation].append(visitor.encode())
    exchange([["ZREM", sample_key(schema.namespace, of), *visitors] for of, visitors in gone.items()])


def _generations(exchange: Exchange, schema: PreferenceSchema) -> set[int]:
    """Those that may have keys and no job; the job of any other generation erases there itself."""
    served, retired = exchange(
        [["GET", served_key(schema.namespace)], ["HGETALL", retired_key(schema.namespace)]]
    )
    return {schema.generation, served_generation(served), *map(int, fields_of(retired))}
