"""Generations written by hand."""

import math
from collections.abc import Mapping
from typing import Any

from schemas.preferences import AT, Horizon, PreferenceSchema, pack

AT_MS = 1_700_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TTL_S = 10 * 86_400


def schema(generation: int, **changes: Any) -> PreferenceSchema:
    layout: dict[str, Any] = {
        "namespace": "tm",
        "generation": generation,
        "horizons": (Horizon("hour", HOUR_MS), Horizon("day", DAY_MS)),
        "facets": (("category", "c"), ("brand", "b")),
        "ttl_s": TTL_S,
    }
    return PreferenceSchema(**{**layout, **changes})


def fields(layout: PreferenceSchema, weights: Mapping[str, float], at_ms: int = AT_MS) -> dict[bytes, bytes]:
    """A visitor's hash: "c:tea" -> weight as of `at_ms`, at every horizon."""
    numbers = {
        name.encode(): pack(*(math.log2(w) + at_ms / h.half_life_ms for h in layout.horizons))
        for name, w in weights.items()
    }
    return {AT: str(at_ms).encode(), **numbers}


def write(redis: Any, layout: PreferenceSchema, visitors: Mapping[str, Mapping[str, float]]) -> None:
    """A generation as the job leaves it, written an hour ago."""
    redis.set(layout.config_key, layout.to_json())
    for shared in (layout.prior_key("category"), layout.prior_key("brand")):
        redis.hset(shared, "!", '{"at": 1, "visitors": 1, "beta": [1.0, 1.0]}')
        redis.expire(shared, layout.ttl_s)
    for visitor, weights in visitors.items():
        redis.hset(layout.visitor_key(visitor), mapping=fields(layout, weights))
        redis.expire(layout.visitor_key(visitor), layout.ttl_s - 3600)
        redis.zadd(layout.sample_key, {visitor: 0.5})
    redis.expire(layout.sample_key, layout.ttl_s)


def keys(redis: Any, generation: int) -> list[bytes]:
    """All keys of a generation."""
    shared = f"{{preferences:{generation}}}".encode()
    return [k for k in redis.keys("*") if shared in k or k.endswith(f":preferences:{generation}".encode())]
