"""Names outlive a refit."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.segments.match_segments import match

labels = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), min_size=1, max_size=20)


@given(pairs=labels)
def test_no_other_renaming_keeps_more_weight(pairs: list[tuple[int, int]]) -> None:
    new, old = np.array(pairs).T
    weight = np.arange(1.0, len(pairs) + 1)
    names = match(new, old, weight, 4)
    assert sorted(names) == [0, 1, 2, 3]
    most = max(weight[(np.array(p)[new] == old) & (old >= 0)].sum() for p in permutations(range(4)))
    assert weight[(names[new] == old) & (old >= 0)].sum() == most


def test_a_permutation_is_undone() -> None:
    old = np.arange(12) % 4
    moved = np.array([2, 3, 1, 0])[old]
    assert (match(moved, old, np.ones(12), 4)[moved] == old).all()
