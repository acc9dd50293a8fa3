"""The visits of a batch, and those of some shops alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.segments.visits import Visits, clean
from tests.operators.maths.segments.segment_strategies import SHAPE, numbers_of_visits, rows_of, seeds, visits

chosen = st.lists(st.integers(0, SHAPE[0] - 1), unique=True)


@given(n=numbers_of_visits, seed=seeds, shops=chosen)
def test_the_visits_of_some_shops_are_theirs_and_no_others(n: int, seed: int, shops: list[int]) -> None:
    everywhere = visits(n, seed)
    rows, here = everywhere.of_shops(shops)
    is_here = np.isin(everywhere.shop, shops)
    expected = rows_of(everywhere, is_here)
    np.testing.assert_array_equal(rows, np.flatnonzero(is_here))
    assert [shops[place] for place in here.shop] == expected.shop.tolist()
    for name in vars(expected).keys() - {"shop"}:
        np.testing.assert_array_equal(getattr(here, name), getattr(expected, name))


@given(n=numbers_of_visits, seed=seeds)
def test_all_shops_in_order_are_the_batch(n: int, seed: int) -> None:
    everywhere = visits(n, seed)
    rows, here = everywhere.of_shops(range(SHAPE[0]))
    assert rows.tolist() == list(range(n))
    for name in vars(everywhere):
        np.testing.assert_array_equal(getattr(here, name), getattr(everywhere, name))


@given(n=numbers_of_visits, seed=seeds)
def test_sums_over_rows_are_those_of_their_entries(n: int, seed: int) -> None:
    of = visits(n, seed)
    expected = np.bincount(of.row, weights=of.added, minlength=n)
    np.testing.assert_allclose(of.per_row(of.added), expected)
    np.testing.assert_allclose(of.per_row(np.stack([of.added] * 2, axis=1))[:, 1], expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_what_is_no_count_counts_for_nothing(bad: float) -> None:
    of = visits(9, 3)
    broken = Visits(**(vars(of) | {name: of.taste.copy() for name in ("taste", "before", "added")}))
    for entries in (broken.taste, broken.before, broken.added):
        entries[0] = bad
    mended = clean(broken)
    for entries in (mended.taste, mended.before, mended.added):
        assert entries[0] == 0
        np.testing.assert_array_equal(entries[1:], of.taste[1:])
