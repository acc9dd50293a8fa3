"""Rankings that explore: as often as they say, and right to divide by."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from operators.maths.articles.score_articles import Scores
from operators.maths.articles.thompson_ranking import (
    DRAWS,
    EXPLORATION,
    mean_ranking,
    root_of,
    thompson_ranking,
)

NOTHING_SHARED = np.zeros((1, 1))


def scores(mean: list[float], own: list[float], x: list[float] | None = None) -> Scores:
    m, v = np.array(mean), np.array(own)
    return Scores(np.array(x or [0.0] * len(mean))[:, None], m, v, v)


@given(st.lists(st.floats(-5, 5), max_size=6), st.integers(0, 2**32))
def test_every_article_stands_in_one_place_with_a_propensity(mean: list[float], seed: int) -> None:
    found = thompson_ranking(scores(mean, [0.3] * len(mean)), NOTHING_SHARED, np.random.default_rng(seed))
    assert sorted(found.order) == list(range(len(mean)))
    assert ((found.propensity >= 1 / DRAWS) & (found.propensity <= 1)).all()


def test_the_first_of_two_is_first_as_often_as_normal_differences_say() -> None:
    both = scores([0.2, 0.0], [0.3, 0.1])
    expected = norm.cdf(0.2 / (EXPLORATION * np.sqrt(0.3 + 0.1)))
    found = thompson_ranking(both, NOTHING_SHARED, np.random.default_rng(2), draws=100_000)
    propensity = found.propensity[0] if found.order[0] == 0 else 1 - found.propensity[0]
    assert abs(propensity - expected) < 0.006
    dice = np.random.default_rng(3)
    first = np.mean([thompson_ranking(both, NOTHING_SHARED, dice).order[0] == 0 for _ in range(2000)])
    assert abs(first - expected) < 0.035


def test_dividing_by_propensities_is_right_for_any_article_in_any_place() -> None:
    """IPS of "the article stands there" is one, within four standard errors, where it is likely enough."""
    several, dice = scores([0.15, 0.1, 0.0, -0.1], [0.2, 0.2, 0.5, 0.1]), np.random.default_rng(4)
    weights = np.zeros((3000, 4, 4))
    for run in weights:
        found = thompson_ranking(several, NOTHING_SHARED, dice)
        run[found.order, np.arange(4)] = 1 / found.propensity
    often = (weights > 0).mean(axis=0) > 0.03
    assert often.sum() >= 12
    error = weights.std(axis=0) / np.sqrt(len(weights))
    assert (np.abs(weights.mean(axis=0) - 1) < 4 * error)[often].all()


def test_doubt_that_all_share_moves_no_article_past_another() -> None:
    dice = np.random.default_rng(5)
    alike = scores([0.2, 0.1, 0.0], [0.0, 0.0, 0.0], x=[1.0, 1.0, 1.0])
    found = thompson_ranking(alike, np.array([[50.0]]), dice)
    assert found.order.tolist() == [0, 1, 2]
    assert found.propensity.tolist() == [1.0, 1.0, 1.0]
    unlike = scores([0.2, 0.1, 0.0], [0.0, 0.0, 0.0], x=[1.0, -1.0, 0.5])
    assert thompson_ranking(unlike, np.array([[50.0]]), dice).propensity[0] < 0.7


def test_without_doubt_the_best_is_first() -> None:
    sure = scores([0.1, 0.9, 0.5], [0.0, 0.0, 0.0])
    found = thompson_ranking(sure, NOTHING_SHARED, np.random.default_rng(6))
    assert found.order.tolist() == mean_ranking(sure).order.tolist() == [1, 2, 0]
    assert found.propensity.tolist() == mean_ranking(sure).propensity.tolist() == [1.0] * 3


def test_equal_means_keep_their_order() -> None:
    assert mean_ranking(scores([0.0, 1.0, 0.0], [0.1] * 3)).order.tolist() == [1, 0, 2]


def test_the_root_of_a_singular_covariance_gives_it_back() -> None:
    B = np.random.default_rng(7).normal(size=(5, 3))
    root = root_of(B @ B.T)
    np.testing.assert_allclose(root @ root.T, B @ B.T, atol=1e-12)
