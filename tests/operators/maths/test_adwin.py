"""ADWIN finds what changed, rarely what did not, and where river finds it too."""

import numpy as np
import pytest
from river.drift import ADWIN

from operators.maths.adwin import LEAST, cut

DELTA = 0.002


def test_a_fall_is_found_where_it_is() -> None:
    window = np.r_[np.full(50, 0.95), np.full(30, 0.05)] + np.random.default_rng(1).normal(0, 0.01, 80)
    dropped, change = cut(window, DELTA)
    assert abs(dropped - 50) <= 2
    assert change == pytest.approx(-0.9, abs=0.02)


@pytest.mark.parametrize("n", range(2 * LEAST))
def test_a_window_too_short_for_two_parts_has_no_cut(n: int) -> None:
    assert cut(np.arange(n, dtype=float), DELTA) == (0, 0.0)


def test_values_without_change_raise_rarely() -> None:
    random = np.random.default_rng(2)
    raised = sum(cut(random.normal(0.2, 0.05, 100), DELTA)[0] > 0 for _ in range(500))
    assert raised <= 5


def test_no_change_is_found_in_what_is_constant() -> None:
    assert cut(np.full(100, 0.2), DELTA) == (0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_change_that_river_finds_is_found_no_later(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.r_[random.normal(0.5, 0.1, 150), random.normal(0.1, 0.1, 100)]
    river = ADWIN(delta=DELTA, clock=1)
    theirs = ours = len(values)
    for at, value in enumerate(values):
        river.update(value)
        if river.drift_detected:
            theirs = min(theirs, at)
        if cut(values[: at + 1], DELTA)[0]:
            ours = min(ours, at)
    assert 150 <= ours <= theirs < len(values)
