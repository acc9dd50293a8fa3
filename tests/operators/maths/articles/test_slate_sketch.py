"""Sketches estimate the Jaccard similarity of lists."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.articles.slate_sketch import similarity, sketch


def sketched(*lists: set[int], places: int = 512) -> np.ndarray:  # type: ignore[type-arg]
    hashes = np.random.default_rng(5).integers(0, 2**63, 1000).astype(np.uint64)
    first = np.cumsum([0, *(len(of) for of in lists)])[:-1]
    return sketch(np.concatenate([hashes[sorted(of)] for of in lists]), first, places)


@given(one=st.sets(st.integers(0, 60), min_size=1), other=st.sets(st.integers(0, 60), min_size=1))
@settings(max_examples=60, deadline=None)
def test_similarity_is_the_jaccard_index(one: set[int], other: set[int]) -> None:
    found = sketched(one, other)
    jaccard = len(one & other) / len(one | other)
    spread = np.sqrt(jaccard * (1 - jaccard) / 512)
    assert (
        abs(similarity(found[0], found[1]) - jaccard) < 0.02 + 5 * spread
    )  # one place in 256 agrees by chance


def test_the_same_list_in_another_order_has_the_same_sketch() -> None:
    hashes = np.array([3, 5, 8, 13], dtype=np.uint64)
    one, other = sketch(hashes, np.array([0])), sketch(hashes[::-1], np.array([0]))
    assert similarity(one, other).tolist() == [1.0]


def test_no_lists_have_no_sketches() -> None:
    assert sketch(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=int)).shape == (0, 64)
