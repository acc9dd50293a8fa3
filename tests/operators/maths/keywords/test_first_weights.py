"""Numbers that learning starts from."""

import numpy as np
import pytest

from operators.maths.keywords.first_weights import first_weights


def test_they_look_random_with_the_deviation_asked_for() -> None:
    found = first_weights(np.arange(4_000), 16, 0.5)
    assert found.mean() == pytest.approx(0, abs=0.01)
    assert found.std() == pytest.approx(0.5, rel=0.01)
    assert np.abs(np.corrcoef(found.T) - np.eye(16)).max() < 0.08
    assert np.abs(found).max() <= 0.5 * np.sqrt(3)


def test_a_row_has_the_same_numbers_in_any_company() -> None:
    together = first_weights(np.array([7, 2**18, 3]), 4, 1.0)
    assert (first_weights(np.array([3]), 4, 1.0)[0] == together[2]).all()
    assert len(np.unique(together)) == 12
    assert first_weights(np.zeros(0, dtype=np.int64), 4, 1.0).shape == (0, 4)


def test_it_is_splitmix64() -> None:
    """The first output of the reference implementation for seed 0 is 0xE220A8397B1DCDAF."""
    uniform = (0xE220A8397B1DCDAF >> 11) / 2**53
    assert first_weights(np.array([0]), 1, 1.0)[0, 0] == pytest.approx((2 * uniform - 1) * np.sqrt(3))
