"""Gamma-Poisson moments by loops over visitors, from the definition."""

import math
from collections.abc import Mapping, Sequence

LEAST_SPREAD = 1e-6


def moments(c: Sequence[float], e: Sequence[float]) -> tuple[float, float]:
    """(α, β) of one value; c, e : per visitor."""
    pairs = [(ci, ei) for ci, ei in zip(c, e, strict=True) if ei > 0]
    n = len(pairs)
    exposure = math.fsum(ei for _, ei in pairs)
    weight = math.fsum(ci for ci, _ in pairs)
    if exposure == 0 or weight == 0:
        return 0.0, 0.0
    mu = weight / exposure
    squares = math.fsum(ci * ci / ei for ci, ei in pairs)
    between = exposure - math.fsum(ei * ei for _, ei in pairs) / exposure
    tau2 = 0.0
    if n >= 2 and between > 0:
        tau2 = (squares - mu * mu * exposure - (n - 1) * mu) / between
    alpha = 1 / max(tau2 / mu / mu, LEAST_SPREAD)
    return alpha, alpha / mu


def prior(
    visitors: Sequence[Mapping[str, tuple[float, float]]], at_ms: int, half_life_ms: int
) -> dict[str, tuple[float, float]]:
    """(α, β) of each value; visitors : value -> (S, T), decayed sum S as of T epoch milliseconds."""
    decayed = [
        {v: s * 2 ** ((t - at_ms) / half_life_ms) for v, (s, t) in visitor.items()} for visitor in visitors
    ]
    e = [math.fsum(visitor.values()) for visitor in decayed]
    values = {value for visitor in visitors for value in visitor}
    return {value: moments([visitor.get(value, 0.0) for visitor in decayed], e) for value in values}
