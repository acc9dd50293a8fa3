"""Rows of numbers in keyed state."""

import numpy as np

from operators.keywords.stored_rows import StoredRows


class Memory(dict[int, bytes]):
    """A `MapState` of one process."""

    put = dict[int, bytes].__setitem__


def test_rows_are_what_was_stored_and_before_that_what_stands_there_first() -> None:
    state = Memory()
    rows = StoredRows(state, lambda keys: np.stack([keys, -keys], axis=1).astype(float), "<f8")
    rows.store(np.array([2, 9]), np.array([[0.1, 0.2], [0.3, 0.4]]))
    assert rows.load(np.array([9, 5, 2])).tolist() == [[0.3, 0.4], [5, -5], [0.1, 0.2]]
    assert set(state) == {2, 9}
    assert rows.load(np.zeros(0, dtype=np.int64)).shape == (0, 2)


def test_columns_that_came_later_are_zero_until_stored() -> None:
    rows = StoredRows(Memory(), lambda keys: np.ones((len(keys), 1)))
    rows.store(np.array([1]), np.array([[0.5, 2.0]]))
    assert rows.load(np.array([1, 2]), more=3).tolist() == [[0.5, 2, 0, 0], [1, 0, 0, 0]]
