"""Attribution of a whole log against a look at every pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.layouts.attribute_conversions import Touches, conversions, last_touch

moments = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=8)


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@given(shown=moments, bought=moments, window=st.integers(1, 5), order=st.randoms())
def test_each_purchase_is_owed_to_the_last_exposure_within_the_window(
    shown: list[tuple[int, int]], bought: list[tuple[int, int]], window: int, order: object
) -> None:
    ranks = list(range(len(shown)))
    order.shuffle(ranks)  # type: ignore[attr-defined]
    touched = last_touch(
        Touches(*arrays(shown), np.array(ranks, dtype=np.int64)), *arrays(bought), window_ms=window
    )
    for (owner, at_ms), found in zip(bought, touched, strict=True):
        before = [
            (shown_ms, rank, place)
            for place, ((seen_by, shown_ms), rank) in enumerate(zip(shown, ranks, strict=True))
            if seen_by == owner and 0 <= at_ms - shown_ms < window
        ]
        assert found == (max(before)[2] if before else -1)


def test_several_purchases_convert_an_exposure_once_and_add_up() -> None:
    touched = np.array([0, 0, -1, 2])
    converted, revenue = conversions(touched, np.array([1.5, 2.0, 100.0, 4.0]), 3)
    assert converted.tolist() == [1.0, 0.0, 1.0]
    assert revenue.tolist() == [3.5, 0.0, 4.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -3.0])
def test_revenue_that_is_none_converts_and_brings_nothing(bad: float) -> None:
    converted, revenue = conversions(np.array([0]), np.array([bad]), 1)
    assert (converted.tolist(), revenue.tolist()) == ([1.0], [0.0])
