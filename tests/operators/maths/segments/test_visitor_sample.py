"""A sample of visitors: bounded, uniform, and the same however the visitors arrive."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from operators.maths.segments.visitor_sample import SHRINK, fitting_threshold, visitor_hash


def test_hashes_are_uniform_and_differ_by_salt() -> None:
    ids = np.arange(20_000, dtype=np.uint64)
    assert kstest(visitor_hash(ids), "uniform").pvalue > 0.01
    assert kstest(visitor_hash(ids, salt=7), "uniform").pvalue > 0.01
    assert (visitor_hash(ids) != visitor_hash(ids, salt=7)).all()


@given(n=st.integers(0, 500), capacity=st.integers(1, 100))
def test_the_sample_is_bounded_and_no_smaller_than_it_must_be(n: int, capacity: int) -> None:
    hashes = visitor_hash(np.arange(n, dtype=np.uint64))
    threshold = fitting_threshold(hashes, 1.0, capacity)
    assert (hashes < threshold).sum() <= capacity
    assert threshold == 1.0 or (hashes < threshold / SHRINK).sum() > capacity


def test_visitors_who_arrive_one_by_one_leave_the_same_sample() -> None:
    hashes = visitor_hash(np.arange(300, dtype=np.uint64))
    threshold = 1.0
    for n in range(301):
        threshold = fitting_threshold(hashes[:n], threshold, 50)
    assert threshold == fitting_threshold(hashes, 1.0, 50)
