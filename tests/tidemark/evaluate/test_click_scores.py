"""Scores against scikit-learn and the definitions."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tidemark.evaluate.click_scores import BINS, Outcome, list_aucs, resamples, score


def made(seed: int, lists: int = 30) -> tuple[np.ndarray, Outcome]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    length = random.integers(1, 12, lists)
    n = int(length.sum())
    p = np.round(random.uniform(0.01, 0.6, n), 2)  # with ties
    return p, Outcome((random.random(n) < p).astype(float), np.cumsum([0, *length]))


@pytest.mark.parametrize("seed", range(5))
def test_log_loss_and_auc_are_those_of_scikit_learn(seed: int) -> None:
    p, outcome = made(seed)
    found = score(p, outcome, np.ones((1, 30)))
    assert found.log_loss[0] == pytest.approx(log_loss(outcome.clicked, p))
    assert found.auc[0] == pytest.approx(roc_auc_score(outcome.clicked, p))


def test_a_list_counts_as_often_as_it_was_drawn() -> None:
    p, outcome = made(1)
    weight = resamples(30, 3)
    found = score(p, outcome, weight)
    for i, drawn in enumerate(weight):
        rows = drawn[outcome.list]
        assert found.log_loss[i] == pytest.approx(log_loss(outcome.clicked, p, sample_weight=rows))
        assert found.auc[i] == pytest.approx(roc_auc_score(outcome.clicked, p, sample_weight=rows))


def test_list_auc_is_that_of_each_list_with_a_click_and_a_miss() -> None:
    p, outcome = made(2)
    expected = [
        roc_auc_score(outcome.clicked[a:b], p[a:b])
        for a, b in zip(outcome.first[:-1], outcome.first[1:], strict=True)
        if 0 < outcome.clicked[a:b].sum() < b - a
    ]
    found = list_aucs(p, outcome)
    np.testing.assert_allclose(found[np.isfinite(found)], expected)
    assert score(p, outcome, np.ones((1, 30))).list_auc[0] == pytest.approx(np.mean(expected))


def test_probabilities_that_hold_have_little_calibration_error_and_doubled_ones_much() -> None:
    random = np.random.default_rng(4)
    p = random.uniform(0.02, 0.4, 40_000)
    outcome = Outcome((random.random(40_000) < p).astype(float), np.arange(0, 40_001, 10))
    once = np.ones((1, 4000))
    assert score(p, outcome, once).ece[0] < 0.01
    assert score(2 * p, outcome, once).ece[0] == pytest.approx(p.mean(), abs=0.01)


def test_calibration_error_of_one_impression_a_bin_is_the_mean_gap() -> None:
    p, clicked = np.linspace(0.1, 0.9, BINS), np.arange(BINS) % 2.0
    found = score(p, Outcome(clicked, np.arange(0, BINS + 1, 2)), np.ones((1, BINS // 2)))
    assert found.ece[0] == pytest.approx(np.abs(clicked - p).mean())


def test_resamples_begin_with_the_data_and_are_the_same_each_time() -> None:
    weight = resamples(50, 7)
    assert (weight[0] == 1).all()
    assert (weight.sum(axis=1) == 50).all()
    np.testing.assert_array_equal(weight, resamples(50, 7))
