"""Decay and Gamma-Poisson smoothing of single values, for an installation without numpy."""

import math

_LARGEST = 1000.0  # of an exponent of two; beyond, the prior has no say any more


def weight_at(x: float, at_ms: int, half_life_ms: int) -> float:
    """2^(x - t/h): the decayed weight that is kept as x; inf where a double cannot hold it."""
    exponent = x - at_ms / half_life_ms
    return math.exp2(exponent) if exponent < _LARGEST else math.inf


def smoothed_share(
    x: float, x_total: float, at_ms: int, half_life_ms: int, prior: tuple[float, float]
) -> float:
    """(c + α)/(e + β), with c and e decayed to `at_ms`; prior : (α, β). c/e where nothing else is known."""
    alpha, beta = prior
    e = weight_at(x_total, at_ms, half_life_ms)
    if math.isinf(e) or e + beta == 0:
        return math.exp2(x - x_total)
    return (weight_at(x, at_ms, half_life_ms) + alpha) / (e + beta)
