"""NPMI, against its definition."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.keywords.npmi import npmi

NAN = float("nan")


def of(together: float, *apart: float, total: float = 100.0) -> float:
    return float(npmi(np.array([together]), np.array([apart]), total)[0])


@given(together=st.integers(1, 20), more=st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_of_two_words_it_is_boumas(together: int, more: tuple[int, int]) -> None:
    x, y = together + more[0], together + more[1]
    p, px, py = together / 100, x / 100, y / 100
    assert of(together, x, y) == pytest.approx(max(log(p / (px * py)) / -log(p), -1))


@given(counts=st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50)), max_size=9))
def test_it_stays_between_never_and_always_whatever_the_counts(
    counts: list[tuple[float, float, float]],
) -> None:
    table = np.array(counts).reshape(-1, 3)
    values = npmi(table[:, 0], table[:, 1:], 40.0)
    assert np.isfinite(values).all()
    assert (np.abs(values) <= 1).all()


def test_the_bounds_mean_never_chance_and_always() -> None:
    assert of(0, 10, 10) == -1
    assert of(1, 10, 10) == pytest.approx(0)
    assert of(10, 10, 10) == pytest.approx(1)
    assert of(10, 10, 10, 10) == pytest.approx(1)
    assert of(0.1, 10, 10, 10) == pytest.approx(0)


@pytest.mark.parametrize("unknown", [of(5, 5, NAN), of(0, 0, 3), of(0, 3, 3, total=0.0), of(100, 100, 100)])
def test_one_word_an_unknown_word_and_nothing_at_all_say_nothing(unknown: float) -> None:
    assert unknown == 0
