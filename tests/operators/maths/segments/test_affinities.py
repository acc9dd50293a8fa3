"""Affinities by their definition, dense and sparse alike; told again as a visitor becomes known."""

from dataclasses import replace

import numpy as np
from hypothesis import given

from operators.maths.segments.affinities import BURSTINESS, PRIOR, affinities, affinities_of, knows_more
from operators.maths.segments.segment_scores import log_ratios
from operators.maths.segments.visits import Visits
from tests.operators.maths.segments.segment_strategies import (
    SHAPE,
    models,
    numbers_of_visits,
    rows_of,
    seeds,
    visits,
)

SMOOTHING = 50.0


@given(n=numbers_of_visits, seed=seeds)
def test_they_are_damped_log_likelihood_ratios_over_the_root_of_what_is_known(n: int, seed: int) -> None:
    shops, rows = models(seed), visits(n, seed)
    found = affinities(shops, rows, SMOOTHING)
    assert found.shape == (n, SHAPE[1])
    ratios = log_ratios(shops.sums, SMOOTHING)
    for visit in range(n):
        mine = rows.row == visit
        counts = np.log1p(BURSTINESS * (rows.before + rows.added)[mine]) / BURSTINESS
        nats = ratios[rows.shop[visit]][:, rows.dimension[mine]] @ counts
        np.testing.assert_allclose(found[visit], nats / np.sqrt(counts.sum() + PRIOR), atol=1e-12)


@given(n=numbers_of_visits, seed=seeds)
def test_whole_vectors_give_the_same(n: int, seed: int) -> None:
    shops, rows = models(seed), visits(n, seed)
    found = affinities(shops, rows, SMOOTHING)
    X = np.zeros((n, SHAPE[2]))
    X[rows.row, rows.dimension] = rows.before + rows.added
    for shop in range(SHAPE[0]):
        here = rows.shop == shop
        np.testing.assert_allclose(affinities_of(X[here], shops.sums[shop], SMOOTHING), found[here])


def test_nobody_leans_to_a_dead_segment_nor_to_any_of_a_new_shop() -> None:
    shops, rows = models(1), visits(20, 1)
    sums = shops.sums.copy()
    sums[:, 2], sums[1] = 0.0, 0.0
    found = affinities(replace(shops, sums=sums), rows, SMOOTHING)
    assert (found[:, 2] == 0).all()
    assert (found[rows.shop == 1] == 0).all()
    assert np.abs(found[rows.shop != 1]).max() > 0


@given(n=numbers_of_visits, seed=seeds)
def test_a_visit_that_brings_nothing_tells_nothing_new(n: int, seed: int) -> None:
    rows = visits(n, seed)
    assert not knows_more(replace(rows, added=np.zeros(len(rows.added)))).any()


def test_a_visitor_is_told_of_ever_more_seldom() -> None:
    told, before = [], np.zeros(1)
    rows = rows_of(visits(30, 3), np.arange(30) == 0)
    for _ in range(400):
        one = _one(rows, before, np.full(1, 0.25))
        told.append(bool(knows_more(one)[0]))
        before = before + 0.25
    assert sum(told[:20]) > sum(told[-20:])
    assert 2 <= sum(told) <= 20


def _one(rows: Visits, before: np.ndarray, added: np.ndarray) -> Visits:  # type: ignore[type-arg]
    zero = np.zeros(1, dtype=np.int64)
    return replace(rows, row=zero, dimension=zero, taste=before, before=before, added=added)
