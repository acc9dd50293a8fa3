"""A category's dimension is its place at its shop, or a shared one behind all places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.segments.name_dimensions import Hashes, name_dimensions

OWN, SHARED = 5, 3
hashes = st.one_of(st.integers(0, 20), st.integers(0, 2**64 - 1))
shops = st.lists(st.lists(hashes, max_size=OWN, unique=True), min_size=1, max_size=4)


def unsigned(numbers: list[int]) -> Hashes:
    return np.array(numbers, dtype=np.uint64)


@given(known=shops, data=st.data())
def test_a_dimension_is_the_place_at_the_shop_or_a_shared_one(
    known: list[list[int]], data: st.DataObject
) -> None:
    there = hashes | st.sampled_from([h for of in known for h in of] or [0])
    asked = data.draw(st.lists(st.tuples(st.integers(0, len(known) - 1), there), max_size=20))
    found = name_dimensions(
        np.array([shop for shop, _ in asked], dtype=np.int64),
        unsigned([category for _, category in asked]),
        [unsigned(of) for of in known],
        OWN,
        SHARED,
    )
    expected = [
        known[shop].index(category) if category in known[shop] else OWN + category % SHARED
        for shop, category in asked
    ]
    assert found.tolist() == expected


def test_nothing_asked_is_nothing_found() -> None:
    assert name_dimensions(np.zeros(0, np.int64), unsigned([]), [unsigned([1])], OWN, SHARED).shape == (0,)
