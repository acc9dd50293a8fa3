"""Refits: better segments are found, names stay, settled visitors are left alone."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from operators.maths.segments.fit_segments import memberships
from operators.maths.segments.refit_segments import RefitSettings, moved_sums, refit_due, refit_segments
from tests.operators.maths.segments.segment_strategies import shoppers

SETTINGS = RefitSettings(least=2, most=6, rounds=3, restarts=3)


def test_from_one_segment_the_kinds_are_found_and_counted() -> None:
    X, kind = shoppers(150, 4, 30, seed=1)
    found = refit_segments(X, np.zeros(150, dtype=np.int64), 50.0, False, SETTINGS, seed=1)
    for _ in range(2):  # the number of segments at most doubles in one refit
        found = refit_segments(X, found.labels, 50.0, False, SETTINGS, seed=1)
    assert adjusted_rand_score(kind, found.labels) > 0.95
    assert len(np.unique(found.labels)) == 4


def test_right_segments_stay_as_they_are_named() -> None:
    X, kind = shoppers(150, 4, 30, seed=2)
    named = np.array([3, 5, 0, 1])[kind]
    found = refit_segments(X, named, 50.0, True, SETTINGS, seed=1)
    assert np.array_equal(found.labels, named)


def test_a_gain_too_small_for_those_who_would_move_is_refused() -> None:
    X, kind = shoppers(150, 4, 30, seed=3)
    wrong = np.where(np.arange(150) < 10, (kind + 1) % 4, kind)
    dear = RefitSettings(least=4, most=4, rounds=1, margin=1e6)
    found = refit_segments(X, wrong, 50.0, True, dear, seed=1)
    assert not found.accepted
    assert found.after > found.before
    assert np.array_equal(found.labels, wrong)
    cheap = refit_segments(X, wrong, 50.0, True, RefitSettings(least=4, most=4, rounds=1, margin=0), seed=1)
    assert np.array_equal(cheap.labels, kind)


def test_a_duplicate_is_given_up() -> None:
    X, kind = shoppers(160, 2, 30, seed=4)
    halved = np.where((kind == 1) & (np.arange(160) % 4 < 2), 2, kind)
    found = refit_segments(X, halved, 50.0, False, SETTINGS, seed=1)
    assert len(np.unique(found.labels)) == 2


def test_nobody_and_a_single_visitor_are_no_trouble() -> None:
    assert not refit_segments(np.zeros((0, 5)), np.zeros(0, dtype=np.int64), 9.0, False, SETTINGS, 1).accepted
    alone = refit_segments(np.ones((1, 5)), np.zeros(1, dtype=np.int64), 9.0, False, SETTINGS, 1)
    assert len(alone.labels) == 1


def test_one_category_is_no_trouble() -> None:
    found = refit_segments(np.full((8, 1), 3.0), np.zeros(8, dtype=np.int64), 9.0, False, SETTINGS, 1)
    assert np.isfinite(found.after)


def test_moved_sums_keep_each_dimensions_total_and_move_the_sample() -> None:
    X, kind = shoppers(40, 3, 6, seed=5)
    others = np.random.default_rng(0).random((3, 6))
    sums = others + memberships(kind, 3).T @ X
    after = (kind + 1) % 3
    found = moved_sums(sums, X, kind, after)
    np.testing.assert_allclose(found, others + memberships(after, 3).T @ X)
    np.testing.assert_allclose(found.sum(axis=0), sums.sum(axis=0))


def test_a_refit_is_due_once_visits_have_grown() -> None:
    settings = RefitSettings(first_visits=100, every=1.5)
    due = refit_due(np.array([99, 100, 149, 150]), np.array([0, 0, 100, 100]), settings)
    assert due.tolist() == [False, True, False, True]
