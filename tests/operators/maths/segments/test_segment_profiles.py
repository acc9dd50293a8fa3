"""Profiles: log-odds as the paper writes them, and shares that add up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_profiles import over_indexed, profiles
from tests.operators.maths.segments.segment_strategies import models, seeds


def z_score(y: np.ndarray, k: int, w: int, prior: float) -> float:  # type: ignore[type-arg]
    """Monroe, Colaresi and Quinn (2008), equations 16 to 22, for one word and two groups."""
    other, alpha = y.sum(axis=0) - y[k], prior * y.sum(axis=0) / y.sum()

    def log_odds(counts: np.ndarray) -> float:  # type: ignore[type-arg]
        inside = counts[w] + alpha[w]
        return float(np.log(inside / (counts.sum() + alpha.sum() - inside)))

    variance = 1 / (y[k, w] + alpha[w]) + 1 / (other[w] + alpha[w])
    return (log_odds(y[k]) - log_odds(other)) / float(np.sqrt(variance))


@given(seed=seeds)
def test_over_indexing_is_the_papers(seed: int) -> None:
    y = np.random.default_rng(seed).gamma(1.0, 20.0, (3, 5)) + 0.1
    found = over_indexed(y, 50.0)
    for k, w in np.ndindex(3, 5):
        assert found[k, w] == pytest.approx(z_score(y, k, w, 50.0), rel=1e-5, abs=1e-5)


def test_what_a_segment_is_after_stands_out() -> None:
    sums = np.array([[500.0, 20.0, 100.0], [50.0, 400.0, 100.0]])
    found = over_indexed(sums, 20.0)
    assert found[0].argmax() == 0
    assert found[1].argmax() == 1
    assert (np.abs(found[:, 2]) < np.abs(found[:, :2]).min()).all()


def test_a_rare_category_needs_more_evidence() -> None:
    sums = np.array([[2.0, 600.0, 400.0], [0.0, 400.0, 600.0]])
    found = over_indexed(sums, 100.0)
    assert found[0, 0] < found[0, 1]


@given(seed=seeds)
def test_shares_add_up_and_conversion_lies_between_segment_and_shop(seed: int) -> None:
    state = models(seed)
    found = profiles(state)
    np.testing.assert_allclose(found.share.sum(axis=1), 1)
    own = state.conversions / state.visits
    shop = (state.conversions.sum(axis=1) / state.visits.sum(axis=1))[:, None]
    low, high = np.minimum(own, shop), np.maximum(own, shop)
    assert ((found.conversion >= low - 1e-9) & (found.conversion <= high + 1e-9)).all()


def test_a_segment_that_doubles_its_share_trends_upwards() -> None:
    state = replace(
        SegmentModels.empty(1, 2, 1),
        visits=np.array([[10.0, 30.0]]),
        recent_visits=np.array([[2.0, 2.0]]),
    )
    np.testing.assert_allclose(profiles(state).trend, [[1.0, -1 / 3]])


def test_a_shop_without_events_has_zeros() -> None:
    found = profiles(SegmentModels.empty(2, 3, 4))
    assert not any(np.any(values) for values in vars(found).values())
    assert not over_indexed(np.zeros((3, 4)), 10.0).any()
