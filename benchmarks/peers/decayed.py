"""The work that every peer does, so that they differ by framework only: decayed sums, event by event."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import log2
from struct import Struct
from typing import Any

from schemas.preferences import AT

Entry = tuple[float, ...]
"""Sums per horizon as of their latest event, then the time of that event, epoch ms."""

Fields = dict[bytes, bytes]
"""A visitor's fields in Redis -> packed log2 S + T/h; and `AT` -> the latest event time, 8 bytes."""

WEIGHTS: Mapping[str, float] = {"view": 1.0, "favourite": 2.0, "cart": 3.0, "purchase": 4.0}
BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BANDS = ("<1", *(f"{low}-{high}" for low, high in pairwise(BOUNDS)), "1000+")

SEEN_S = 24 * 3600
"""How long an event id is remembered, as in the job."""


def price_band(price: float | None) -> str | None:
    """`<1`, `1-2`, …, `1000+`; none for a price that is missing or negative."""
    if price is None or not price >= 0:
        return None
    return BANDS[bisect_right(BOUNDS, price)]


def facet_values(category: str, brand: str | None, price: float | None) -> Iterator[tuple[str, str]]:
    """(code, value) of each facet that the event has."""
    yield "c", category
    if brand is not None:
        yield "b", brand
    band = price_band(price)
    if band is not None:
        yield "p", band


def add(old: Entry | None, weight: float, at_ms: int, half_lives_ms: Sequence[int]) -> Entry:
    """One event into the sums of one value: S·2^(−(latest − T)/h) + w·2^(−(latest − t)/h)."""
    if old is None:
        return (*[weight for _ in half_lives_ms], at_ms)
    before = old[-1]
    gone = before - at_ms
    if gone <= 0:
        return (*[s * 2.0 ** (gone / h) + weight for s, h in zip(old, half_lives_ms)], at_ms)  # noqa: B905
    return (*[s + weight * 2.0 ** (-gone / h) for s, h in zip(old, half_lives_ms)], before)  # noqa: B905


@cache
def doubles(count: int) -> Struct:
    """That many, big-endian."""
    return Struct(f">{count}d")


def fold(
    event: Mapping[str, Any],
    half_lives_ms: Sequence[int],
    get: Callable[[str], Entry | None],
    put: Callable[[str, Entry], None],
) -> Fields:
    """Add one event, not seen before, to its visitor's sums; what changed, for Redis as log2 S + T/h.

    get, put : the visitor's keyed state by field.
    """
    weight = WEIGHTS.get(event["behavior"])
    if weight is None:
        return {}
    fields: Fields = {}
    pack = doubles(len(half_lives_ms)).pack
    at_ms = visitor_ms = event["event_time"]
    for code, value in facet_values(event["category"], event["brand"], event["price"]):
        for field in (f"{code}:{value}", code):
            entry = add(get(field), weight, at_ms, half_lives_ms)
            put(field, entry)
            latest = entry[-1]
            visitor_ms = max(visitor_ms, latest)
            fields[field.encode()] = pack(
                *[log2(s) + latest / h for s, h in zip(entry, half_lives_ms)]  # noqa: B905 - T comes last
            )
    fields[AT] = visitor_ms.to_bytes(8, "big", signed=True)
    return fields
