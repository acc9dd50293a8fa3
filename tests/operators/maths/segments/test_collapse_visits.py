"""What a batch's events come to is the same however they fall into batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from operators.maths.segments.collapse_visits import Collapsed, collapse, last_and_first

VISITS, DIMENSIONS = 3, 4

events = st.lists(
    st.tuples(
        st.integers(0, VISITS - 1), st.integers(0, DIMENSIONS - 1), st.just(0.0) | st.floats(1e-6, 1e6)
    ),
    max_size=30,
)
"""(visit, dimension, count)."""


def summed(of_events: list[tuple[int, int, float]]) -> NDArray[np.float64]:
    """(VISITS, DIMENSIONS), by the definition."""
    total = np.zeros((VISITS, DIMENSIONS))
    for row, dimension, count in of_events:
        total[row, dimension] += count
    return total


def after(known: NDArray[np.float64], batch: list[tuple[int, int, float]], others: float = 0.0) -> Collapsed:
    """The batch collapsed, where `known` is what the visitors' vectors hold with it."""
    row, dimension = np.nonzero(known)
    long = known[row, dimension]
    columns = np.array(batch or np.zeros((0, 3)), dtype=np.float64).T
    at, of = columns[0].astype(np.int64), columns[1].astype(np.int64)
    return collapse(row, dimension, long, others * long, at, of, columns[2], DIMENSIONS)


def dense(of: Collapsed, entries: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.zeros((VISITS, DIMENSIONS))
    found[of.row, of.dimension] = entries
    return found


@given(history=events, batch=events)
def test_before_and_added_are_the_vector_after(
    history: list[tuple[int, int, float]], batch: list[tuple[int, int, float]]
) -> None:
    of = after(summed(history + batch), batch, others=0.5)
    np.testing.assert_allclose(dense(of, of.added), summed(batch), rtol=1e-12)
    np.testing.assert_allclose(dense(of, of.before), summed(history), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(dense(of, of.taste), 1.5 * summed(history + batch), rtol=1e-12)


@given(history=events, batch=events, data=st.data())
def test_a_batch_in_two_parts_brings_what_it_brings_at_once(
    history: list[tuple[int, int, float]], batch: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(batch)))
    parts = [
        after(summed(history + batch[:cut]), batch[:cut]),
        after(summed(history + batch), batch[cut:]),
    ]
    whole = after(summed(history + batch), batch)
    brought = sum(dense(part, part.added) for part in parts)
    np.testing.assert_allclose(brought, dense(whole, whole.added), rtol=1e-12, atol=1e-12)
    first = parts[0]
    np.testing.assert_allclose(
        dense(parts[1], parts[1].before), dense(first, first.before + first.added), rtol=1e-9, atol=1e-6
    )


@given(batch=events)
def test_each_pair_stands_once_in_order(batch: list[tuple[int, int, float]]) -> None:
    of = after(summed(batch), batch)
    pairs = list(zip(of.row.tolist(), of.dimension.tolist(), strict=True))
    assert pairs == sorted(set(pairs))


def test_categories_that_share_a_dimension_add_up() -> None:
    twice, once = np.array([1, 1]), np.array([0])
    of = collapse(
        once.repeat(2), twice, np.array([2.0, 3.0]), np.array([0.5, 0.5]), once, twice[:1], np.ones(1), 4
    )
    assert [column.tolist() for column in (of.dimension, of.taste, of.before, of.added)] == [
        [1],
        [6.0],
        [4.0],
        [1.0],
    ]


def test_rounding_never_leaves_less_than_nothing_before() -> None:
    one = np.array([0])
    of = collapse(one, one, np.array([0.3]), np.zeros(1), one.repeat(3), one.repeat(3), np.full(3, 0.1), 1)
    assert of.before >= 0


@given(group=st.lists(st.integers(0, 4), min_size=1).map(lambda of: np.unique(of, return_inverse=True)[1]))
def test_the_last_and_the_first_row_of_every_group(group: NDArray[np.int64]) -> None:
    last, first = last_and_first(group, int(group.max()) + 1)
    for of in range(int(group.max()) + 1):
        rows = [at for at, value in enumerate(group.tolist()) if value == of]
        assert (first[of], last[of]) == (rows[0], rows[-1])
