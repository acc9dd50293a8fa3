"""The generations that Redis holds: finding their keys, counting their visitors."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from redis.cluster import RedisCluster

from schemas.preferences import (
    PreferenceSchema,
    config_key,
    generation_of,
    retired_key,
    served_generation,
    served_key,
    visitor_of,
)
from tidemark.errors import UserError

AT_ONCE = 2000  # keys of one SCAN: some milliseconds of Redis' time

Progress = Callable[[float], None]
"""Called with the part that is done, 0 to 1."""


@dataclass(frozen=True)
class Generation:
    """One generation in Redis.

    visitors : counted while the job may be writing.
    schema : its configuration; None: there is none (any more), so nobody reads it.
    served : whether readers that follow read it.
    gone_at_ms : epoch milliseconds from which on it may have gone, another being served; None: it stays.
    """

    number: int
    visitors: int
    schema: PreferenceSchema | None
    served: bool
    gone_at_ms: int | None


@dataclass(frozen=True)
class Found:
    """Keys of one step through Redis: (generation, visitor, key), and the configurations' generations."""

    visitors: list[tuple[int, bytes, bytes]]
    configured: list[int]

    def of(self, *generations: int) -> list[tuple[int, bytes, bytes]]:
        return [found for found in self.visitors if found[0] in generations]


def find_generations(redis: Any, namespace: str, progress: Progress) -> list[Generation]:
    """Every generation of which a configuration or a visitor is there, by number."""
    visitors: Counter[int] = Counter()
    numbers: set[int] = set()
    for found in steps(redis, namespace, progress):
        visitors.update(generation for generation, _, _ in found.visitors)
        numbers.update(found.configured)
    served, gone = served_now(redis, namespace), retired(redis, namespace)
    return [
        Generation(n, visitors[n], configuration(redis, namespace, n), n == served, gone.get(n))
        for n in sorted(numbers | set(visitors))
    ]


def steps(redis: Any, namespace: str, progress: Progress) -> Iterator[Found]:
    """Walk over the namespace's keys, on every node of a cluster, a few thousand at a time.

    What is there from beginning to end is met; while Redis grows, a key may be met twice.
    """
    pattern = re.sub(rb"([*?\[\]\\])", rb"\\\1", namespace.encode()) + b":{*"
    nodes = nodes_of(redis)
    for place, node in enumerate(nodes):
        cursor = 0
        while True:
            cursor, keys = node.scan(cursor, match=pattern, count=AT_ONCE)
            yield _sorted_out(namespace, keys)
            progress((place + (walked(cursor) if cursor else 1)) / len(nodes))
            if cursor == 0:
                break


def walked(cursor: int) -> float:
    """The part of the keys before SCAN's cursor, which counts from its highest bit down."""
    return int(f"{cursor:064b}"[::-1], 2) / 2**64


def served_now(redis: Any, namespace: str) -> int:
    """The generation of readers that follow. UserError: what stands there is none."""
    try:
        return served_generation(redis.get(served_key(namespace)))
    except LookupError as error:
        raise UserError(str(error)) from error


def retired(redis: Any, namespace: str) -> dict[int, int]:
    """Generation -> epoch milliseconds from which on it may have gone."""
    return {int(n): int(gone) for n, gone in redis.hgetall(retired_key(namespace)).items()}


def configuration(redis: Any, namespace: str, generation: int) -> PreferenceSchema | None:
    """The layout of a generation; None where there is none. UserError: what stands there is none."""
    text = redis.get(config_key(namespace, generation))
    try:
        return None if text is None else PreferenceSchema.from_json(namespace, text)
    except ValueError as error:
        raise UserError(f"{config_key(namespace, generation)}: {error}") from error


def configured(redis: Any, namespace: str, generation: int) -> PreferenceSchema:
    """The layout of a generation. UserError: it is not there; the message says which are."""
    schema = configuration(redis, namespace, generation)
    if schema is None:
        there = sorted({n for found in steps(redis, namespace, lambda _: None) for n in found.configured})
        listed = f"there is {', '.join(map(str, there))}" if there else "it holds none"
        raise UserError(f"Redis holds no generation {generation} in namespace {namespace}; {listed}")
    return schema


def nodes_of(redis: Any) -> list[Any]:
    """Those that hold keys: the masters of a cluster, or the one server."""
    if isinstance(redis, RedisCluster):
        return [redis.get_redis_connection(node) for node in redis.get_primaries()]
    return [redis]


def _sorted_out(namespace: str, keys: list[bytes]) -> Found:
    visitors, configurations = [], []
    for key in keys:
        visitor = visitor_of(namespace, key)
        if visitor is not None:
            visitors.append((*visitor, key))
        elif (generation := generation_of(namespace, key)) is not None:
            configurations.append(generation)
    return Found(visitors, configurations)
