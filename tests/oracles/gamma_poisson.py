"""Gamma-Poisson moments by loops over visitors, from the definition."""

import math
import statistics
from collections.abc import Mapping, Sequence

LEAST_SPREAD = 1e-6
LEAST_EXPOSURE = 1.0


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
    if n >= 2 and between > 1e-12 * exposure:
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
    if sum(ei >= LEAST_EXPOSURE for ei in e) >= 2:
        e = [ei if ei >= LEAST_EXPOSURE else 0.0 for ei in e]
    values = {value for visitor in visitors for value in visitor}
    return borrowed({v: moments([visitor.get(v, 0.0) for visitor in decayed], e) for v in values})


def borrowed(fitted: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Values without spread get the median β of those with one."""
    flat = {value for value, (alpha, _) in fitted.items() if alpha >= 0.999 / LEAST_SPREAD}
    betas = [beta for value, (alpha, beta) in fitted.items() if alpha > 0 and value not in flat]
    if not betas:
        return fitted
    beta = statistics.median(betas)
    return {v: (a / b * beta, beta) if v in flat else (a, b) for v, (a, b) in fitted.items()}
