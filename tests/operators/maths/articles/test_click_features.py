"""Columns of the shared model: each group's own, finite, and those of a track alone."""

from dataclasses import replace

import numpy as np
import pytest

from operators.maths.articles.article_models import Statistics
from operators.maths.articles.click_features import (
    LARGEST,
    PLAIN,
    SERVED,
    SLATE,
    WITH_LENGTH,
    Group,
    Lists,
    features,
    hinges,
    places,
    prior_weights,
)
from operators.maths.articles.click_rates import Counts
from schemas.article_terms import LEVELS

READ = ("by_reader", "by_list", "departure", "variance", "match")


def read(n: int = 6, seed: int = 1) -> tuple[Statistics, Lists]:
    random = np.random.default_rng(seed)
    shown, clicks, chances, labelled = random.exponential(3.0, (4, n, 4))
    counts = Counts(shown, clicks, chances, labelled, random.exponential(5.0, n))
    by_reader, departure = random.normal(size=(2, n))
    match = random.normal(size=(n, LEVELS))
    statistics = Statistics(
        counts, by_reader, random.normal(size=(n, 3)), departure, random.uniform(0, 1, n), match
    )
    of = np.sort(random.integers(3, size=n))
    return statistics, Lists(of, np.bincount(of)[of], random.integers(0, 100, n), np.full(n, 0.04))


@pytest.mark.parametrize("group", list(Group))
def test_a_group_left_out_takes_its_columns_along_and_adds_none(group: Group) -> None:
    statistics, lists = read()
    every = frozenset(Group)
    whole, rest, alone = (
        {tuple(column) for column in features(statistics, lists, of)[:, 1:].T}
        for of in (every, every - {group}, frozenset({group}))
    )
    assert rest | alone <= whole
    assert rest.isdisjoint(alone)
    assert len(rest) < len(whole)


def test_what_is_made_of_a_group_goes_with_it() -> None:
    statistics, lists = read()
    other = replace(statistics, by_reader=statistics.by_reader + 1)
    without = WITH_LENGTH - {Group.AFFINITY}
    np.testing.assert_array_equal(features(statistics, lists, without), features(other, lists, without))


def test_the_plain_track_knows_nothing_of_the_rest_of_the_list() -> None:
    statistics, lists = read()
    for i in range(6):
        counts = Counts(*(getattr(statistics.counts, f)[[i]] for f in Counts.__dataclass_fields__))
        rest = (getattr(statistics, f)[[i]] for f in READ)
        alone = Lists(
            np.zeros(1, dtype=int), np.ones(1, dtype=int), lists.history[[i]], lists.mean_chance[[i]]
        )
        np.testing.assert_allclose(
            features(Statistics(counts, *rest), alone, PLAIN)[0], features(statistics, lists, PLAIN)[i]
        )


def test_the_slate_track_does_not_read_the_length() -> None:
    statistics, lists = read()
    longer = replace(lists, length=lists.length * 7)
    np.testing.assert_array_equal(features(statistics, lists, SLATE), features(statistics, longer, SLATE))
    assert (features(statistics, lists, WITH_LENGTH) != features(statistics, longer, WITH_LENGTH)).any()


def test_a_rate_is_the_smoothed_clicks_over_chances() -> None:
    statistics, lists = read()
    found = features(statistics, lists, frozenset({Group.RATES}))
    counts = statistics.counts
    np.testing.assert_allclose(np.exp(found[:, 1:]), (counts.clicks + 2) / (counts.chances + 2))


def test_competition_is_the_mean_over_the_list() -> None:
    statistics, lists = read()
    rates = features(statistics, lists, frozenset({Group.RATES}))[:, 1:]
    found = features(statistics, lists, frozenset({Group.RATES, Group.COMPETITION}))[:, 5:]
    for of in np.unique(lists.list):
        mine = lists.list == of
        np.testing.assert_allclose(found[mine], np.tile(rates[mine].mean(axis=0), (mine.sum(), 1)))


def test_whatever_was_read_the_features_are_finite_and_bounded() -> None:
    statistics, lists = read()
    for value in (np.nan, np.inf, -np.inf, 1e300):
        found = features(replace(statistics, departure=np.full(6, value)), lists, WITH_LENGTH)
        assert np.isfinite(found).all()
        assert np.abs(found).max() <= LARGEST


def test_no_impressions_have_no_features_but_the_columns() -> None:
    statistics, lists = read()
    none = slice(0, 0)
    counts = Counts(*(getattr(statistics.counts, f)[none] for f in Counts.__dataclass_fields__))
    empty = Statistics(
        counts,
        *(getattr(statistics, f)[none] for f in READ),
    )
    nobody = Lists(lists.list[none], lists.length[none], lists.history[none], lists.mean_chance[none])
    assert features(empty, nobody, WITH_LENGTH).shape == (
        0,
        features(statistics, lists, WITH_LENGTH).shape[1],
    )


def test_hinges_make_any_line_with_bends_at_the_knots() -> None:
    x = np.linspace(0, 4, 50)
    bent = np.where(x < 1, x, np.where(x < 3, 1.0, 1 - 2 * (x - 3)))
    H = np.column_stack([np.ones(50), hinges(x, np.array([1.0, 3.0]))])
    assert np.abs(H @ np.linalg.lstsq(H, bent)[0] - bent).max() < 1e-9


@pytest.mark.parametrize("groups", [SERVED, PLAIN, SLATE, WITH_LENGTH])
def test_a_group_stands_where_it_is_said_to(groups: frozenset[Group]) -> None:
    statistics, lists = read()
    found, X = places(groups, 4), features(statistics, lists, groups)
    np.testing.assert_array_equal(X[:, found[Group.OWN_MODEL].start], statistics.departure)
    np.testing.assert_array_equal(
        X[:, found[Group.RATES]], features(statistics, lists, frozenset({Group.RATES}))[:, 1:]
    )
    assert max(place.stop for place in found.values()) == X.shape[1]


def test_what_is_served_needs_no_memory_and_no_list() -> None:
    statistics, lists = read()
    bare = replace(statistics, by_reader=np.zeros(6), by_list=np.zeros((6, 0)))
    alone = replace(lists, list=np.arange(6), length=np.ones(6, dtype=int))
    np.testing.assert_array_equal(features(bare, alone, SERVED), features(statistics, lists, SERVED))


def test_a_click_rate_is_smoothed_by_everybodys() -> None:
    statistics, lists = read()
    found = features(statistics, lists, frozenset({Group.CLICK_RATES}))[:, 1:]
    counts, mu = statistics.counts, lists.mean_chance[:, None]
    np.testing.assert_allclose(np.exp(found) * mu, (counts.clicks + 35 * mu) / (counts.labelled + 50))
    zero = np.zeros((6, 4))
    none = Counts(zero, zero, zero, zero, np.zeros(6))
    new = features(replace(statistics, counts=none), lists, frozenset({Group.CLICK_RATES}))
    np.testing.assert_allclose(new[:, 1:], np.log(0.7), atol=1e-12)


def test_where_an_article_started_counts_while_its_own_evidence_is_thin() -> None:
    statistics, lists = read()
    [start] = features(statistics, lists, frozenset({Group.START}))[:, 1:].T
    np.testing.assert_allclose(start, statistics.departure * statistics.variance)


def test_what_is_log_odds_counts_as_such_from_the_start() -> None:
    statistics, lists = read()
    counts = statistics.counts
    clicks, labelled = (np.repeat(of[:, :1], 4, axis=1) for of in (counts.clicks, counts.labelled))
    alike = replace(counts, clicks=clicks, labelled=labelled)
    X = features(replace(statistics, counts=alike), lists, SERVED)
    place = places(SERVED, 4)
    expected = X[:, place[Group.CLICK_RATES].start] + statistics.match.sum(axis=1)
    np.testing.assert_allclose(X @ prior_weights(SERVED, 4), expected)
    assert not prior_weights(WITH_LENGTH, 4).any()
