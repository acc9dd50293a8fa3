"""What Redis must hold, from the definition: slow, in memory, sharing no code with the job.

The sum of a value at horizon h as of T, the latest time of its events, is sum of w·2^(−(T − t)/h) over the
distinct events (w, t). Nothing is updated step by step and no landmark is used.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Event = Mapping[str, Any]
WEIGHTS = {"view": 1.0, "favourite": 2.0, "cart": 3.0, "purchase": 4.0}
BANDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def price_band(event: Event) -> str | None:
    """`<1`, `1-2`, …, `1000+`; none for a price that is missing, negative or NaN."""
    price = event["price"]
    if price is None or not price >= 0:
        return None
    if price >= BANDS[-1]:
        return f"{BANDS[-1]}+"
    if price < BANDS[0]:
        return f"<{BANDS[0]}"
    place = max(i for i, bound in enumerate(BANDS) if price >= bound)
    return f"{BANDS[place]}-{BANDS[place + 1]}"


FACETS: Mapping[str, Callable[[Event], str | None]] = {
    "c": lambda event: event["category"],
    "b": lambda event: event["brand"],
    "p": price_band,
}


@dataclass(frozen=True)
class DecayedSum:
    """`sums` per horizon as of `latest_ms`."""

    sums: tuple[float, ...]
    latest_ms: int

    def at(self, t_ms: int, half_lives_ms: Sequence[int]) -> tuple[float, ...]:
        """The sums as of `t_ms`."""
        return tuple(
            s * 2.0 ** ((self.latest_ms - t_ms) / h) for s, h in zip(self.sums, half_lives_ms, strict=True)
        )

    def log_values(self, half_lives_ms: Sequence[int]) -> tuple[float, ...]:
        """log2 S + T/h, the number whose order never changes."""
        return tuple(math.log2(s) + self.latest_ms / h for s, h in zip(self.sums, half_lives_ms, strict=True))


Visitors = dict[str, dict[str, DecayedSum]]


def decayed_preferences(
    events: Iterable[Event],
    half_lives_ms: Sequence[int],
    weights: Mapping[str, float] = WEIGHTS,
    facets: Mapping[str, Callable[[Event], str | None]] = FACETS,
) -> Visitors:
    """Visitor -> field (`c:SHAMPOO`, and `c` for the facet's total) -> sums of its distinct events."""
    contributions: dict[str, dict[str, list[tuple[float, int]]]] = defaultdict(lambda: defaultdict(list))
    seen: set[tuple[str, str]] = set()
    for event in events:
        identity = (event["visitor_id"], event["event_id"])
        if identity in seen or event["behavior"] not in weights:
            continue
        seen.add(identity)
        for code, value_of in facets.items():
            value = value_of(event)
            if value is not None:
                contribution = (weights[event["behavior"]], event["event_time"])
                contributions[event["visitor_id"]][f"{code}:{value}"].append(contribution)
                contributions[event["visitor_id"]][code].append(contribution)
    return {
        visitor: {field: _decayed_sum(pairs, half_lives_ms) for field, pairs in fields.items()}
        for visitor, fields in contributions.items()
    }


def _decayed_sum(pairs: list[tuple[float, int]], half_lives_ms: Sequence[int]) -> DecayedSum:
    weights = np.array([weight for weight, _ in pairs])
    times = np.array([time for _, time in pairs], dtype=np.int64)
    latest = int(times.max())
    sums = tuple(math.fsum(weights * np.exp2((times - latest) / h)) for h in half_lives_ms)
    return DecayedSum(sums, latest)
