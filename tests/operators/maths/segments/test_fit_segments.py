"""Fits find the kinds of visitors that made the data; scikit-learn's adjusted Rand index is the judge."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from operators.maths.segments.fit_segments import Annealing, anneal, memberships, refine, softmax
from operators.maths.segments.merge_split import cheapest_pairs, propose
from tests.operators.maths.segments.segment_strategies import shoppers
from tests.oracles.own_scores import own_score


def test_the_kinds_that_made_the_visitors_are_found_again() -> None:
    X, kind = shoppers(200, 4, 30, seed=1)
    fits = anneal(X, 4, 5, 50.0, Annealing(), seed=2)
    best = fits.labels[fits.objective.argmax()]
    assert adjusted_rand_score(kind, best) > 0.95


def test_counts_too_small_to_part_while_annealing_still_end_in_the_kinds() -> None:
    X, kind = shoppers(200, 4, 30, seed=1)
    for scale in (1.0, 0.1, 0.01):
        fits = anneal(X * scale, 4, 5, 50.0 * scale, Annealing(), seed=2)
        best = fits.labels[fits.objective.argmax()]
        assert adjusted_rand_score(kind, best) > 0.9, scale


def test_the_objective_is_the_sum_of_scores_with_the_own_part_left_out() -> None:
    X, kind = shoppers(30, 3, 8, seed=3)
    sums = memberships(kind, 3).T @ X
    expected = sum(own_score(x, x, sums[k], sums.sum(axis=0), 20.0) for x, k in zip(X, kind, strict=True))
    np.testing.assert_allclose(refine(X, kind[None], 3, 20.0, 0).objective, expected, rtol=1e-9)


def test_the_same_seed_gives_the_same_fit() -> None:
    X, _ = shoppers(60, 3, 12, seed=4)
    first, second = (anneal(X, 3, 2, 20.0, Annealing(), seed=9) for _ in range(2))
    assert np.array_equal(first.labels, second.labels)


def test_nobody_gives_no_labels() -> None:
    found = anneal(np.zeros((0, 5)), 3, 2, 20.0, Annealing(), seed=1)
    assert found.labels.shape == (2, 0)
    assert found.objective.tolist() == [0, 0]


def test_duplicates_are_the_cheapest_pair_to_merge() -> None:
    X, kind = shoppers(120, 3, 20, seed=5)
    halved = np.where((kind == 2) & (np.arange(120) % 2 == 0), 3, kind)
    assert cheapest_pairs(memberships(halved, 4).T @ X, 20.0)[0] == (2, 3)


def test_a_proposal_mends_a_merged_and_a_halved_segment() -> None:
    X, kind = shoppers(160, 4, 30, seed=6)
    wrong = np.where(kind == 3, 2, kind)  # two kinds in one segment
    wrong = np.where((kind == 0) & (np.arange(160) % 8 < 4), 3, wrong)  # and one kind in two
    proposals = propose(X, wrong, 4, 50.0, 16, 6, seed=1)
    best = proposals.labels[proposals.objective.argmax()]
    assert adjusted_rand_score(kind, best) > 0.95


def test_one_segment_has_nothing_to_merge() -> None:
    X, _ = shoppers(10, 2, 5, seed=7)
    assert (propose(X, np.zeros(10, dtype=np.int64), 1, 20.0, 3, 2, seed=1).labels == 0).all()


def test_softmax_sums_to_one_and_forgets_the_dead() -> None:
    odds = softmax(np.array([[1.0, -np.inf, 1.0]]))
    np.testing.assert_allclose(odds, [[0.5, 0.0, 0.5]])
