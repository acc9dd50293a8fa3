"""The few entries of each row that count most."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.strongest import strongest

entries = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 9), st.floats(-5, 5) | st.just(float("nan")) | st.integers(0, 2)
    ),
    max_size=30,
)


@given(entries=entries, most=st.integers(0, 4))
def test_each_row_has_its_greatest_above_zero_greatest_first(
    entries: list[tuple[int, int, float]], most: int
) -> None:
    columns = np.array(entries or np.zeros((0, 3)), dtype=np.float64).T
    found = strongest(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], 4, most)
    assert len(found) == 4
    for row, of in enumerate(found):
        above = [(dimension, float(value)) for at, dimension, value in entries if at == row and value > 0]
        assert set(of) <= set(above)
        assert [value for _, value in of] == sorted((value for _, value in above), reverse=True)[:most]


def test_rows_without_an_entry_have_none() -> None:
    none = np.zeros(0, np.int64)
    assert strongest(none, none, none.astype(np.float64), 2, 3) == [[], []]
