"""Values of a visitor with their weights and shares, and the order they stand in."""

from collections.abc import Mapping

from schemas.preferences import AT, PreferenceSchema, unpack
from tidemark.choices import Choices
from tidemark.prior import Prior
from tidemark.smoothing import smoothed_share, weight_at

Item = tuple[bytes, float, float]  # value, weight, share


def own_items(
    fields: Mapping[bytes, bytes], code: bytes, h: int, at_ms: int, half_life_ms: int, prior: Prior
) -> list[Item]:
    """The values of a known visitor at one horizon, shares by Gamma-Poisson; h : its place."""
    prefix = code + b":"
    x_total = unpack(fields[code])[h]
    items = []
    for name, packed in fields.items():
        if name.startswith(prefix):
            value, x = name[len(prefix) :], unpack(packed)[h]
            share = smoothed_share(x, x_total, at_ms, half_life_ms, prior.alpha_beta(value, h))
            items.append((value, weight_at(x, at_ms, half_life_ms), share))
    return items


def mixed_shares(
    choices: Choices,
    schema: PreferenceSchema,
    fields: Mapping[bytes, bytes],
    code: bytes,
    at_ms: int,
    lifts: Mapping[bytes, float],
) -> dict[bytes, float]:
    """Shares of what the visitor takes next; as of its latest event, where that is later than `at_ms`."""
    prefix = code + b":"
    own = {f[len(prefix) :]: unpack(x) for f, x in fields.items() if f.startswith(prefix)}
    totals = unpack(fields[code]) if code in fields else None
    half_lives_ms = [horizon.half_life_ms for horizon in schema.horizons]
    return choices.shares(own, totals, half_lives_ms, max(at_ms, int(fields.get(AT, 0))), lifts)


def by_weight(item: Item) -> tuple[float, float, bytes]:
    value, weight, share = item
    return -weight, -share, value


def by_share(item: Item) -> tuple[float, float, bytes]:
    value, weight, share = item
    return -share, -weight, value
