"""Counts of terms that fade, against adding them up one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.arrays import Floats
from operators.maths.keywords.term_counts import COUNTS, NOTHING, TermVisits, add_terms, add_totals, counts_at

HALF_LIFE_MS = 1000.0
rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5000), st.booleans(), st.booleans()), max_size=20)
Row = tuple[int, int, bool, bool]


def visits(table: list[Row]) -> TermVisits:
    columns = np.array(table, dtype=np.int64).reshape(-1, 4).T
    offered = columns[2].astype(float)
    return TermVisits(columns[0], columns[1], offered, offered * columns[3])


def added(table: list[Row], x: Floats | None = None) -> Floats:
    return add_terms(np.full((4, COUNTS), NOTHING) if x is None else x, visits(table), HALF_LIFE_MS)


@given(table=rows)
def test_each_occurrence_fades_from_its_own_time_on(table: list[Row]) -> None:
    expected = np.zeros((4, COUNTS))
    for term, at_ms, offered, chosen in table:
        expected[term] += 2 ** ((at_ms - 5000) / HALF_LIFE_MS) * np.array([1, offered, offered and chosen])
    assert counts_at(added(table), 5000, HALF_LIFE_MS) == pytest.approx(expected)


@given(table=rows, cut=st.integers(0, 20))
def test_neither_order_nor_batches_matter(table: list[Row], cut: int) -> None:
    in_two = added(table[:cut], added(table[cut:]))
    assert counts_at(in_two, 5000, HALF_LIFE_MS) == pytest.approx(counts_at(added(table), 5000, HALF_LIFE_MS))


def test_an_infinite_half_life_never_forgets() -> None:
    table: list[Row] = [(0, 0, True, True), (0, 10**12, True, False)]
    x = add_terms(np.full((1, COUNTS), NOTHING), visits(table), np.inf)
    assert counts_at(x, 2 * 10**12, np.inf) == pytest.approx(np.array([[2, 2, 1]]))


def test_totals_are_sums_over_articles() -> None:
    x = add_totals(np.full(2, NOTHING), np.array([[1.0, 3.0], [1.0, 0.0]]), np.array([1000, 0]), HALF_LIFE_MS)
    assert counts_at(x, 1000, HALF_LIFE_MS) == pytest.approx([1.5, 3])
    assert (add_totals(x, np.zeros((0, 2)), np.zeros(0, dtype=np.int64), HALF_LIFE_MS) == x).all()
