"""What a storefront reads back is what the job would have read then."""

from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from operators.maths.articles.article_models import (
    ArticleModels,
    ArticleSettings,
    Impressions,
    Outcomes,
    count,
    learn,
    read,
)
from operators.maths.articles.click_features import SERVED, Lists, features
from operators.maths.articles.click_rates import Counts
from operators.maths.articles.reader_dimensions import Dimensions, Histories, place, refit
from operators.maths.articles.reader_tastes import Tastes, fit, match, profile
from operators.maths.articles.served_articles import (
    match_served,
    place_served,
    read_served,
    served_articles,
    served_axes,
    unseen,
)
from schemas.article_scores import ServedArticles
from schemas.article_terms import LEVELS, TERMS, WIDTH

SETTINGS = ArticleSettings(dimensions=3, places=4, sketch=4)
HOUR = 3_600_000
NOW = 1_511_658_000_000
TERMS_OF = np.random.default_rng(3).integers(0, TERMS, (50, LEVELS, WIDTH)).astype(np.uint16)
"""By bucket, some of each."""


def taught(articles: int = 5, n: int = 200, seed: int = 1) -> tuple[ArticleModels, np.ndarray]:  # type: ignore[type-arg]
    """Models after n impressions of all articles but the last, and the latest time of each."""
    random = np.random.default_rng(seed)
    article = random.integers(articles - 1, size=n)
    at_ms = NOW - random.integers(0, 50 * HOUR, size=n)
    shown = Impressions(
        article, at_ms, random.normal(size=(n, 3)), np.zeros((n, 4), dtype=np.uint8), np.zeros((n, 2))
    )
    models = count(ArticleModels.fresh(articles, SETTINGS), shown, SETTINGS)
    outcomes = Outcomes((random.random(n) < 0.3).astype(float), np.full(n, 0.25))
    latest = np.zeros(articles, dtype=np.int64)
    np.maximum.at(latest, article, at_ms)
    return learn(models, shown, outcomes, SETTINGS), latest


def served(articles: int = 5) -> tuple[ArticleModels, ServedArticles]:
    models, latest = taught(articles)
    return models, served_articles(models, latest, np.arange(articles), TERMS_OF[:articles], SETTINGS)


@pytest.mark.parametrize("later_ms", [0, HOUR, 400 * HOUR])
@pytest.mark.parametrize("through_redis", [False, True])
def test_a_storefront_reads_what_the_job_reads_at_that_time(later_ms: int, through_redis: bool) -> None:
    models, found = served()
    if through_redis:
        found = ServedArticles.unpack(found.pack(), 4, 3)
    reader, now = np.array([0.6, -0.8, 0.0]), NOW + later_ms
    match, slate = np.arange(10.0).reshape(5, 2) / 9, np.zeros((5, 4), np.uint8)
    rows = Impressions(np.arange(5), np.full(5, now), np.tile(reader, (5, 1)), slate, match)
    expected = read(models, rows, SETTINGS)
    got = read_served(found, reader, match, now, SETTINGS.half_lives_ms)
    close = partial(np.testing.assert_allclose, atol=1e-5 if through_redis else 1e-9, rtol=1e-6)
    for field in fields(Counts):
        close(getattr(got.counts, field.name), getattr(expected.counts, field.name))
    close(got.departure, expected.departure)
    close(got.variance, expected.variance)
    lists = Lists(np.zeros(5, dtype=int), np.full(5, 5), np.full(5, 12), np.full(5, 0.1))
    close(features(got, lists, SERVED), features(expected, lists, SERVED))


def test_an_article_that_redis_does_not_know_is_a_fresh_one() -> None:
    fresh = ArticleModels.fresh(2, SETTINGS)
    terms, zero = np.zeros((2, LEVELS, WIDTH), np.uint16), np.zeros(2, dtype=int)
    expected = served_articles(fresh, zero, zero, terms, SETTINGS)
    found = unseen(2, 4, 3, SETTINGS.variance)
    for field in fields(ServedArticles):
        np.testing.assert_allclose(getattr(found, field.name), getattr(expected, field.name))


def test_a_time_before_what_was_written_reads_that() -> None:
    _, found = served()
    nothing, half_lives = np.zeros((5, 2)), SETTINGS.half_lives_ms
    then, now = (read_served(found, np.zeros(3), nothing, at, half_lives) for at in (0, NOW - 90 * HOUR))
    np.testing.assert_array_equal(then.counts.clicks, now.counts.clicks)
    assert (then.counts.age_h == 0).all()


def fitted(readers: int = 60) -> tuple[Dimensions, Histories]:
    random = np.random.default_rng(2)
    histories = Histories(random.integers(0, 40, size=5 * readers), np.arange(0, 5 * readers + 1, 5))
    return refit(Dimensions.unknown(50, 3), histories), histories


def test_one_reader_is_placed_where_all_are() -> None:
    dimensions, histories = fitted()
    axes = served_axes(dimensions, Tastes.unknown(), TERMS_OF, NOW, 1)
    expected = place(dimensions, histories)
    for i in range(60):
        mine = histories.article[histories.first[i] : histories.first[i + 1]]
        np.testing.assert_allclose(place_served(axes, mine), expected[i], atol=1e-5)


@pytest.mark.parametrize("buckets", [[], [49], [49, 0, 0, 7]])
def test_what_a_fit_has_not_seen_places_nobody(buckets: list[int]) -> None:
    dimensions, _ = fitted()
    article = np.array(buckets, dtype=np.int64)
    expected = place(dimensions, Histories(article, np.array([0, len(article)])))[0]
    axes = served_axes(dimensions, Tastes.unknown(), TERMS_OF, NOW, 1)
    np.testing.assert_allclose(place_served(axes, article), expected, atol=1e-5)


def test_before_the_first_fit_nobody_is_placed() -> None:
    axes = served_axes(Dimensions.unknown(50, 3), Tastes.unknown(), TERMS_OF, 0, 0)
    assert place_served(axes, np.array([1, 2])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("clicked", [[], [7], [49], [0, 0, 7, 49, 12]])
def test_a_storefront_knows_the_tastes_of_a_reader_by_the_clicks_that_the_fit_has_seen(
    clicked: list[int],
) -> None:
    dimensions, histories = fitted()
    tastes = fit(TERMS_OF[histories.article], histories.first)
    axes, some = served_axes(dimensions, tastes, TERMS_OF, NOW, 1), TERMS_OF[:9]
    known = np.array(sorted({bucket for bucket in clicked if dimensions.idf[bucket] > 0}), dtype=np.int64)
    expected = match(tastes, profile(TERMS_OF[known]), some)
    np.testing.assert_allclose(match_served(axes, np.array(clicked, np.int64), some), expected, atol=1e-6)
    assert expected.any() == bool(len(known))
