"""Holds what Redis has against the oracle: the strongest values all there, and whatever is there exact."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from schemas.preferences import META_FIELDS, PreferenceSchema, unpack
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_server import fields_of, raised
from tests.oracles.preferences import DecayedSum, Visitors
from tidemark.redis_client import redis_client

TOLERANCE = 1e-9


def differences(
    address: str | RedisAddress, schema: PreferenceSchema, expected: Visitors, most: int = 5
) -> list[str]:
    """The first few ways in which Redis and the oracle disagree; empty when they agree."""
    address = RedisAddress(address) if isinstance(address, str) else address
    with closing(RedisConnection(address)) as redis, redis_client(address) as walker:
        return _differences(redis, _visitors(walker, schema), schema, expected, most)


def _differences(
    redis: RedisConnection, present: set[str], schema: PreferenceSchema, expected: Visitors, most: int
) -> list[str]:
    half_lives = [horizon.half_life_ms for horizon in schema.horizons]
    found: list[str] = []
    extra = present - set(expected)
    if extra:
        found.append(f"visitors that the oracle does not know: {sorted(extra)[:3]}")
    names = list(expected)
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        answers = raised(redis.exchange([["HGETALL", schema.visitor_key(visitor)] for visitor in part]))
        for visitor, answer in zip(part, answers, strict=True):
            fields = fields_of(answer)
            found += [
                f"{visitor}: {what}" for what in _of_visitor(fields, expected[visitor], schema, half_lives)
            ]
            if len(found) >= most:
                return found[:most]
    return found


def _visitors(client: Any, schema: PreferenceSchema) -> set[str]:
    prefix, suffix = schema.visitor_key("\0").split("\0")
    pattern = f"{prefix}*{suffix}"
    return {key.decode()[len(prefix) : -len(suffix)] for key in client.scan_iter(pattern, count=10_000)}


def _of_visitor(
    fields: dict[bytes, bytes],
    expected: dict[str, DecayedSum],
    schema: PreferenceSchema,
    half_lives: Sequence[int],
) -> list[str]:
    present = {name.decode(): unpack(value) for name, value in fields.items() if name not in META_FIELDS}
    wrong = [f"{name} is not in the oracle" for name in present.keys() - expected.keys()]
    wrong += [
        f"{name} is {present[name]}, the oracle says {expected[name].log_values(half_lives)}"
        for name in present.keys() & expected.keys()
        if not _equal(present[name], expected[name], half_lives)
    ]
    wrong += [f"{name} is missing" for name in _strongest(expected, schema.keep, half_lives) - present.keys()]
    if len(fields) > schema.max_fields:
        wrong.append(f"{len(fields)} fields, more than {schema.max_fields}")
    return wrong


def _equal(numbers: Sequence[float], expected: DecayedSum, half_lives: Sequence[int]) -> bool:
    sums = [2.0 ** (x - expected.latest_ms / h) for x, h in zip(numbers, half_lives, strict=True)]
    return all(abs(s - e) <= TOLERANCE * e for s, e in zip(sums, expected.sums, strict=True))


def _strongest(expected: dict[str, DecayedSum], keep: int, half_lives: Sequence[int]) -> set[str]:
    """Totals, and per facet and horizon the values clearly among the top `keep`: ties are free."""
    names = {name for name in expected if ":" not in name}
    for facet in set(names):
        values = {n: s.log_values(half_lives) for n, s in expected.items() if n.startswith(f"{facet}:")}
        for horizon in range(len(half_lives)):
            ranked = sorted((numbers[horizon] for numbers in values.values()), reverse=True)
            edge = ranked[keep] if len(ranked) > keep else float("-inf")
            names |= {name for name, numbers in values.items() if numbers[horizon] > edge + 2e-9}
    return names
