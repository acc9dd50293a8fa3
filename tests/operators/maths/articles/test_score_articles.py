"""Scores of articles for a reader: the job's own predictions, and how unsure they are."""

from dataclasses import replace

import numpy as np
import pytest

from operators.maths.adaptive_forgetting import collapsed, learn
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, Group, Lists, features, places
from operators.maths.articles.click_model import SharedSettings, fresh
from operators.maths.articles.score_articles import of_appeal, own_weight, score
from operators.maths.articles.served_articles import read_served, unseen
from operators.maths.bayesian_logistic import interval, probability
from schemas.article_scores import ServedArticles, SharedModel
from schemas.article_terms import LEVELS

HOUR = 3_600_000
H = ArticleSettings().half_lives_ms
random = np.random.default_rng(5)


def articles(n: int = 8) -> ServedArticles:
    """Of which something is known, and of each something else."""
    sums = random.exponential(9.0, (n, 4, 4)).cumsum(axis=2)
    known = replace(unseen(n, 4, 16, 0.5), first_ms=np.full(n, 10 * HOUR), at_ms=np.full(n, 20 * HOUR))
    return replace(known, sums=sums, mean=random.normal(size=(n, 17)))


def nothing(n: int) -> np.ndarray:  # type: ignore[type-arg]
    """How a reader takes to n articles of which no terms are known."""
    return np.zeros((n, LEVELS))


def taught() -> SharedModel:
    """After clicks that follow the article's own model."""
    statistics = read_served(articles(400), np.zeros(16), nothing(400), 21 * HOUR, H)
    lists = Lists(np.arange(400), np.ones(400, int), np.full(400, 5), np.full(400, 0.1))
    X = features(statistics, lists, SERVED)
    y = (random.random(400) < 1 / (1 + np.exp(1 - statistics.departure))).astype(float)
    settings = SharedSettings()
    models = learn(fresh(np.zeros(X.shape[1]), settings), X, y, np.zeros(400), HOUR, settings.forgetting)
    mean, covariance = collapsed(models)
    return SharedModel(21 * HOUR, 400, mean, covariance, 0.1, H, 16, 0.5)


SHARED = taught()


def test_the_probability_is_the_shared_models_and_the_variance_has_the_articles_own() -> None:
    statistics = read_served(articles(), np.zeros(16), nothing(8), 21 * HOUR, H)
    found = score(statistics, 5, SHARED)
    together = np.diag(found.X @ SHARED.covariance @ found.X.T)
    np.testing.assert_allclose(found.variance - found.own, together)
    np.testing.assert_allclose(
        probability(found.mean, found.variance), probability(found.X @ SHARED.mean, together)
    )
    np.testing.assert_allclose(found.own, own_weight(SHARED.mean, len(H)) ** 2 * statistics.variance)


def test_what_may_be_resolved_is_the_doubt_about_an_articles_appeal() -> None:
    some = articles()
    taught_apart = replace(some, root=some.root * np.arange(1, 9)[:, None, None])
    reader = np.eye(16)[0]
    found = score(read_served(taught_apart, reader, nothing(8), 21 * HOUR, H), 5, SHARED)
    appeal = score(read_served(taught_apart, np.zeros(16), nothing(8), 21 * HOUR, H), 5, SHARED)
    explored = of_appeal(found, taught_apart, SHARED)
    np.testing.assert_allclose(explored.own, appeal.own)
    assert (explored.own < found.own).all()
    np.testing.assert_array_equal(explored.variance, found.variance)


def test_what_an_article_weighs_is_all_by_which_its_clicks_enter() -> None:
    place = places(SERVED, 2)
    mean = np.zeros(max(of.stop for of in place.values()))
    mean[place[Group.RATES]], mean[place[Group.CLICK_RATES]] = [0.25, 0.125], [0.5, 0.0]
    mean[place[Group.OWN_MODEL]] = [1.0, 7.0]
    assert own_weight(mean, 2) == 0.25 + 0.125 + 0.5 + 1.0


def test_nobody_has_seen_two_articles_so_they_score_alike_and_unsurely() -> None:
    unknown = read_served(unseen(2, 4, 16, 0.5), np.zeros(16), nothing(2), 21 * HOUR, H)
    found = score(unknown, 0, SHARED)
    assert found.mean[0] == found.mean[1]
    known = replace(unseen(2, 4, 16, 0.5), root=np.tile(0.01 * np.eye(17), (2, 1, 1)))
    sure = score(read_served(known, np.zeros(16), nothing(2), 21 * HOUR, H), 0, SHARED)
    assert (
        np.diff(interval(found.mean, found.own), axis=0) > np.diff(interval(sure.mean, sure.own), axis=0)
    ).all()


def test_no_articles_have_no_scores() -> None:
    found = score(read_served(unseen(0, 4, 16, 0.5), np.zeros(16), nothing(0), 21 * HOUR, H), 0, SHARED)
    assert found.mean.shape == found.variance.shape == (0,)


def test_a_shared_model_of_other_features_is_refused() -> None:
    other = replace(SHARED, mean=SHARED.mean[:-1])
    with pytest.raises(ValueError, match="32 features are served, the shared model has 31 weights"):
        score(read_served(articles(), np.zeros(16), nothing(8), 21 * HOUR, H), 0, other)
