"""Scores from binned counts, beside scikit-learn on the predictions themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn import metrics

from operators.maths.articles.prequential_scores import BINS, EDGES, PrequentialScores, log_loss, score

DAY_MS = 86_400_000.0


def predictions(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    p = expit(random.normal(-3, 1.5, n))
    return p, (random.random(n) < p).astype(float)


@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(0, 400), max_size=4))
def test_in_batches_of_one_moment_the_scores_are_those_of_all_at_once(seed: int, cuts: list[int]) -> None:
    p, clicked = predictions(400, seed)
    scores = PrequentialScores.none()
    for rows in np.split(np.arange(400), sorted(cuts)):
        scores = score(scores, p[rows], clicked[rows], 5, DAY_MS)
    assert scores.impressions == 400
    assert scores.clicks == clicked.sum()
    assert scores.log_loss == pytest.approx(metrics.log_loss(clicked, p, labels=[0, 1]))


def test_auc_is_that_of_the_predictions_up_to_ties_in_a_bin() -> None:
    p, clicked = predictions(5_000, 1)
    scores = score(PrequentialScores.none(), p, clicked, 5, DAY_MS)
    binned = np.searchsorted(EDGES, np.log(p / (1 - p)))
    assert scores.auc == pytest.approx(metrics.roc_auc_score(clicked, binned))
    assert scores.auc == pytest.approx(metrics.roc_auc_score(clicked, p), abs=0.003)


def test_what_is_right_on_average_in_each_bin_is_calibrated_and_what_is_not_is_not() -> None:
    p, clicked = np.full(1000, 0.25), np.tile([1.0, 0.0, 0.0, 0.0], 250)
    assert score(PrequentialScores.none(), p, clicked, 5, DAY_MS).ece == pytest.approx(0)
    assert score(PrequentialScores.none(), p + 0.1, clicked, 5, DAY_MS).ece == pytest.approx(0.1)


def test_a_half_life_halves_what_was_before() -> None:
    p, clicked = predictions(100, 2)
    once = score(PrequentialScores.none(), p, clicked, 5, DAY_MS)
    twice = score(once, p, clicked, 5 + round(DAY_MS), DAY_MS)
    assert twice.impressions == pytest.approx(150)
    assert twice.loss == pytest.approx(1.5 * log_loss(p, clicked))
    assert score(twice, p, clicked, 5, DAY_MS).impressions == pytest.approx(250), (
        "an older batch forgets nothing"
    )


def test_before_anything_is_known_nothing_is_claimed() -> None:
    none = PrequentialScores.none()
    assert score(none, np.zeros(0), np.zeros(0), 5, DAY_MS) is none
    assert (none.impressions, none.clicks, none.log_loss, none.auc, none.ece) == (0, 0, 0, 0.5, 0)
    assert none.bins.shape == (3, BINS)


def test_certain_predictions_stay_finite() -> None:
    scores = score(PrequentialScores.none(), np.array([0.0, 1.0]), np.array([1.0, 0.0]), 5, DAY_MS)
    assert np.isfinite([scores.log_loss, scores.auc, scores.ece, scores.base_log_loss]).all()
