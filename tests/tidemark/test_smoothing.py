"""Smoothing of single values."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tidemark.smoothing import smoothed_share


@given(
    e=st.floats(1e-6, 1e6),
    part=st.floats(0.001, 1),
    alpha=st.floats(0, 1e6),
    beta=st.floats(0, 1e6),
    t_ms=st.integers(-(10**6), 10**6),
)
def test_a_share_is_between_the_visitors_own_and_the_priors(
    e: float, part: float, alpha: float, beta: float, t_ms: int
) -> None:
    share = smoothed_share(math.log2(e * part), math.log2(e), t_ms, 1000, (alpha, beta))
    bounds = sorted([part, alpha / beta if beta else part])
    if beta or not alpha:
        assert bounds[0] * (1 - 1e-6) <= share <= bounds[1] * (1 + 1e-6)
