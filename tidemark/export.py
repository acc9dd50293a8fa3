"""All that Redis holds on one visitor."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from schemas.preferences import (
    AT,
    META_FIELDS,
    SINCE,
    PreferenceSchema,
    sample_key,
    unpack,
    visitor_key,
    visitor_of,
)
from sink_connectors.tombstones import BY_FILE, Tombstones, read_secret, secret_key
from tidemark.errors import UserError
from tidemark.generations import configuration, nodes_of, retired, served_now, walked
from tidemark.smoothing import weight_at

AT_ONCE = 2000


def export(
    redis: Any, namespace: str, visitor: str, erasure_key_file: str, progress: Callable[[float], None]
) -> dict[str, Any]:
    """Preferences by generation, the samples that the visitor is in, other keys, and the tombstone.

    Raises
    ------
    UserError : the tombstone cannot be looked up, since the erasure key is in a file that was not named.
    """
    tombstone = _tombstone(redis, namespace, visitor, erasure_key_file)
    keys = sorted(_keys(redis, namespace, visitor, progress))
    generations = {found[0]: key for key in keys if (found := visitor_of(namespace, key))}
    looked_at = {served_now(redis, namespace), *retired(redis, namespace), *generations}
    return {
        "visitor": visitor,
        "preferences": [
            _preferences(redis, configuration(redis, namespace, n), n, key)
            for n, key in sorted(generations.items())
        ],
        "samples": [
            key
            for key in (sample_key(namespace, n) for n in sorted(looked_at))
            if redis.zscore(key, visitor) is not None
        ],
        "other_keys": [key.decode() for key in keys if key not in generations.values()],
        "forgotten_until_ms": tombstone,
    }


def _keys(redis: Any, namespace: str, visitor: str, progress: Callable[[float], None]) -> Iterator[bytes]:
    """Every key with the visitor's hash tag, on every node."""
    tag = f"{namespace}:{{{visitor}}}:".encode()
    pattern = re.sub(rb"([*?\[\]\\])", rb"\\\1", tag) + b"*"
    nodes = nodes_of(redis)
    seen: set[bytes] = set()
    for place, node in enumerate(nodes):
        cursor = -1
        while cursor:
            cursor, keys = node.scan(max(cursor, 0), match=pattern, count=AT_ONCE)
            progress((place + (walked(cursor) if cursor else 1)) / len(nodes))
            yield from set(keys) - seen
            seen.update(keys)


def _preferences(redis: Any, schema: PreferenceSchema | None, generation: int, key: bytes) -> dict[str, Any]:
    """Weights as of the latest event; of a generation without configuration the fields as they are."""
    fields: dict[bytes, bytes] = redis.hgetall(key)
    said: dict[str, Any] = {
        "generation": generation,
        "key": key.decode(),
        "expires_in_s": redis.ttl(key),
        "latest_event_ms": _time(fields, AT),
        "earliest_event_ms": _time(fields, SINCE),
    }
    values = {name: packed for name, packed in fields.items() if name not in META_FIELDS}
    if schema is None or AT not in fields:
        return said | {"fields": {name.decode(): packed.hex() for name, packed in values.items()}}
    facets = {code: facet for facet, code in schema.facets}
    weights: dict[str, dict[str, Any]] = {facet: {"total": None, "values": {}} for facet, _ in schema.facets}
    for name, packed in values.items():
        code, colon, value = name.decode().partition(":")
        by_horizon = {
            horizon.name: weight_at(x, int(fields[AT]), horizon.half_life_ms)
            for horizon, x in zip(schema.horizons, unpack(packed), strict=True)
        }
        if colon:
            weights[facets[code]]["values"][value] = by_horizon
        else:
            weights[facets[code]]["total"] = by_horizon
    return said | {"weights": weights}


def _time(fields: dict[bytes, bytes], name: bytes) -> int | None:
    return int(fields[name]) if name in fields else None


def _tombstone(redis: Any, namespace: str, visitor: str, key_file: str) -> int | None:
    """Until when the visitor was forgotten, epoch milliseconds; None: they were not."""
    try:
        secret = read_secret(key_file)
    except (OSError, ValueError) as error:
        raise UserError(f"TIDEMARK_ERASURE_KEY_FILE: {error}") from error
    present: bytes | None = redis.get(secret_key(namespace))
    if secret is None:
        if present is None:
            return None
        if present.startswith(BY_FILE):
            raise UserError("the jobs' erasure key is in a file: name a copy in TIDEMARK_ERASURE_KEY_FILE")
        secret = present
    guarded = visitor_key(namespace, served_now(redis, namespace), visitor).encode()
    until = redis.get(Tombstones(namespace, secret).key(visitor, guarded))
    return None if until is None else int(until)
