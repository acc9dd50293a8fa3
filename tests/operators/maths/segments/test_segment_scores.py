"""Scores against scipy's Kullback-Leibler divergence and the definition written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from operators.maths.segments.segment_scores import (
    alive,
    everybody,
    log_ratios,
    own_entry_scores,
    scores,
    shares,
)
from tests.oracles.own_scores import own_score

seeds = st.integers(0, 10_000)


def sums_of(seed: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(seed).gamma(0.4, 30.0, (4, 7))


@given(seed=seeds)
def test_the_best_score_is_the_least_divergence(seed: int) -> None:
    sums = sums_of(seed)
    x = np.random.default_rng(seed + 1).gamma(0.5, 3.0, (5, 7)) + 1e-6
    s, _ = shares(sums, 10.0)
    divergence = np.array([[entropy(row, segment) for segment in s] for row in x])
    assert (scores(x, sums, 10.0).argmax(axis=1) == divergence.argmin(axis=1)).all()


@given(seed=seeds, k=st.integers(0, 3))
def test_the_own_part_left_out_is_the_score_of_the_rest(seed: int, k: int) -> None:
    sums = sums_of(seed)
    y = sums[k] * np.random.default_rng(seed).random(7)
    x = np.arange(7.0)
    entries = own_entry_scores(x, y, sums[k], (sums[k] - y).sum(), everybody(sums), 10.0)
    assert entries.sum() == pytest.approx(own_score(x, y, sums[k], sums.sum(axis=0), 10.0), rel=1e-6)


def test_a_segment_like_everybody_scores_nothing() -> None:
    sums = np.outer([1.0, 3.0], [5.0, 2.0, 8.0])
    np.testing.assert_allclose(log_ratios(sums, 10.0), 0, atol=1e-9)


def test_a_dead_segment_is_never_the_best() -> None:
    sums = np.array([[5.0, 1.0], [0.0, 0.0], [1.0, 5.0]])
    assert alive(sums).tolist() == [True, False, True]
    assert np.isneginf(scores(np.ones((1, 2)), sums, 1.0)[0, 1])


def test_a_shop_without_events_scores_zero_everywhere() -> None:
    assert (scores(np.ones((2, 3)), np.zeros((4, 3)), 1.0) == 0).all()


def test_shops_side_by_side_score_as_each_alone() -> None:
    two = np.stack([sums_of(1), sums_of(2)])
    x = np.ones((2, 3, 7))
    np.testing.assert_allclose(scores(x, two, 5.0)[1], scores(x[1], two[1], 5.0))
