"""Python twin of `jvm/`'s `DecayedPreferences` and `DecayedSums`: the same steps, event by event."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from state.decayed_sums import DecayedSums

LEAST, GREATEST = -(2**63), 2**63 - 1


@dataclass
class Visitor:
    """Keyed state of one visitor."""

    latest_ms: int = LEAST
    since_ms: int = GREATEST
    erased_ms: int = LEAST
    sums: dict[tuple[int, str], bytes] = field(default_factory=dict)
    totals: dict[int, bytes] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


def add(old: bytes | None, weight: float, time_ms: int, half_lives_ms: Sequence[float]) -> bytes:
    """`DecayedSums.add`."""
    before = DecayedSums.from_bytes(old) if old else DecayedSums((0.0,) * len(half_lives_ms), time_ms)
    latest = max(before.latest_ms, time_ms)
    sums = tuple(
        s * 2.0 ** (-(latest - before.latest_ms) / h) + weight * 2.0 ** (-(latest - time_ms) / h)
        for s, h in zip(before.sums, half_lives_ms, strict=True)
    )
    return DecayedSums(sums, latest).to_bytes()


def log_values(blob: bytes, half_lives_ms: Sequence[float]) -> bytes:
    """`DecayedSums.putLogValues`."""
    entry = DecayedSums.from_bytes(blob)
    numbers = [math.log2(s) + entry.latest_ms / h for s, h in zip(entry.sums, half_lives_ms, strict=True)]
    return struct.pack(f">{len(numbers)}d", *numbers)


def erase(visitor: Visitor, time_ms: int) -> bytes:
    """`VisitorState.erase`: the row's bytes."""
    visitor.erased_ms = max(visitor.erased_ms, time_ms)
    if visitor.since_ms <= time_ms:
        visitor.sums, visitor.totals = {}, {}
        visitor.latest_ms, visitor.since_ms = LEAST, GREATEST
    return struct.pack(">q", time_ms)


def fold(
    visitor: Visitor,
    event_id: str,
    time_ms: int,
    weight: float | None,
    erases: bool,
    values: Sequence[str | None],
    half_lives_ms: Sequence[float],
) -> bytes | None:
    """`DecayedPreferences.eval`: the row's bytes, or None where it gives no row."""
    if erases:
        return erase(visitor, time_ms)
    if weight is None or event_id in visitor.seen or time_ms <= visitor.erased_ms:
        return None
    visitor.seen.add(event_id)
    visitor.latest_ms, visitor.since_ms = max(visitor.latest_ms, time_ms), min(visitor.since_ms, time_ms)
    packed = struct.pack(">2q", visitor.latest_ms, visitor.since_ms)
    for facet, value in enumerate(values):
        if value is None:
            packed += bytes(16 * len(half_lives_ms))
            continue
        sums = add(visitor.sums.get((facet, value)), weight, time_ms, half_lives_ms)
        totals = add(visitor.totals.get(facet), weight, time_ms, half_lives_ms)
        visitor.sums[facet, value], visitor.totals[facet] = sums, totals
        packed += log_values(sums, half_lives_ms) + log_values(totals, half_lives_ms)
    return packed
