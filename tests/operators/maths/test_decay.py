"""Decayed sums as one number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.decay import log_value, value_at

times = st.integers(1_000_000_000_000, 2_000_000_000_000)
half_lives = st.integers(600_000, 10**11)
sums = st.floats(1e-6, 1e9)


@given(S=sums, T_ms=times, half_life_ms=half_lives)
def test_a_sum_is_itself_as_of_its_own_time(S: float, T_ms: int, half_life_ms: int) -> None:
    assert value_at(log_value(S, T_ms, half_life_ms), T_ms, half_life_ms) == pytest.approx(S, rel=1e-9)


@given(S=sums, T_ms=times, half_life_ms=half_lives, halvings=st.integers(0, 20))
def test_each_half_life_halves_it(S: float, T_ms: int, half_life_ms: int, halvings: int) -> None:
    later = value_at(log_value(S, T_ms, half_life_ms), T_ms + halvings * half_life_ms, half_life_ms)
    assert later == pytest.approx(S / 2**halvings, rel=1e-9)


@given(S=st.tuples(sums, sums), T_ms=st.tuples(times, times), half_life_ms=half_lives, t_ms=times)
def test_the_order_of_two_sums_is_the_same_at_any_time(
    S: tuple[float, float], T_ms: tuple[int, int], half_life_ms: int, t_ms: int
) -> None:
    x = log_value(S, T_ms, half_life_ms)
    values = value_at(x, t_ms, half_life_ms)
    assert not (x[0] < x[1]) or values[0] <= values[1]


def test_long_gone_and_far_ahead_give_nothing_and_infinity() -> None:
    assert value_at([0.0, 0.0], [2000, -2000], 1).tolist() == [0.0, np.inf]


def test_a_sum_of_nothing_is_nothing_at_any_time() -> None:
    assert value_at(log_value(0.0, 5, 1000), 10**12, 1000) == 0


def test_no_sums_give_no_numbers() -> None:
    assert log_value([], [], 1000).shape == value_at([], 0, 1000).shape == (0,)
