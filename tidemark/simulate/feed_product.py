"""The product in this process: what the job `article_scores` and `rank_articles` do, by their functions."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from operators.maths.adaptive_forgetting import collapsed, learn
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, prior_weights
from operators.maths.articles.click_model import SERVED_SETTINGS, SharedSettings, fresh
from operators.maths.articles.score_articles import Scores, of_appeal, score
from operators.maths.articles.served_articles import read_served
from operators.maths.articles.thompson_ranking import mean_ranking, root_of, thompson_ranking
from operators.maths.bayesian_logistic import interval, probability
from schemas.article_scores import ServedArticles, SharedModel
from schemas.article_terms import LEVELS
from tidemark.simulate.feed_articles import FeedArticles
from tidemark.simulate.feed_policies import Shown
from tidemark.simulate.feed_readers import FeedReaders
from tidemark.simulate.feed_world import Asked, FeedWorld


@dataclass(frozen=True)
class FeedSettings:
    """By default those of the job, without memories, which `SERVED` does not read.

    explore : Thompson sampling, else by mean; None: by chance, for a log of what was expected. told :
    articles start where their topics and themes are. tastes : readers' tastes for these are known.
    """

    articles: ArticleSettings = field(default_factory=lambda: ArticleSettings(places=1, sketch=1))
    shared: SharedSettings = SERVED_SETTINGS
    explore: bool | None = True
    told: bool = True
    tastes: bool = True


class FeedProduct:
    """What may be known of the world: its articles' terms, its readers' histories."""

    def __init__(self, world: FeedWorld, settings: FeedSettings, seed: int) -> None:
        s = settings.articles
        self._settings, self._random = settings, np.random.default_rng([seed, 7])
        self._articles = FeedArticles(
            world.articles, settings.articles, settings.told, world.parameters.themes
        )
        self._readers = FeedReaders(world.histories, self._articles.terms, s.dimensions)
        self._weights = fresh(prior_weights(SERVED, len(s.half_lives_ms)), settings.shared)
        self._chances, self._impressions = 1.0, 20.0
        self._waiting: deque[tuple[Floats, Floats, Floats]] = deque()
        self._publish(0)

    def rank(self, asked: Asked, shown: int) -> Shown:
        self._articles.describe(asked.at_ms)
        lists = [
            self._list(reader, candidates, asked.at_ms, shown)
            for reader, candidates in zip(asked.reader.tolist(), asked.candidates, strict=True)
        ]
        places_shown, X, matches, *expected = (
            _stacked([of[part] for of in lists], shown) for part in range(6)
        )
        place = places_shown.astype(np.int64)
        readers = self._readers.places(asked.reader)
        matches = matches.reshape(-1, LEVELS)
        self._waiting.append((X, readers, matches))
        article = np.take_along_axis(asked.candidates, place, axis=1)
        self._articles.count(article, readers, matches, asked.at_ms)
        self._readers.came(asked.reader)
        return Shown(place, *expected)

    def _list(self, reader: int, candidates: Ints, at_ms: int, shown: int) -> tuple[Floats, ...]:
        """(places, features, matches, expected probabilities, lower and upper bounds) of what is shown."""
        served, place = self._articles.served(candidates), self._readers.place(reader)
        match = self._readers.match(reader, served.terms) * self._settings.tastes
        found = read_served(served, place, match, at_ms, self._model.half_lives_ms)
        scores = score(found, self._readers.length(reader), self._model)
        order = self._order(scores, served)[:shown]
        mean, variance = scores.mean[order], scores.variance[order]
        return (
            order.astype(np.float64),
            scores.X[order],
            match[order],
            probability(mean, variance),
            *interval(mean, variance),
        )

    def _order(self, scores: Scores, served: ServedArticles) -> Ints:
        explore = self._settings.explore
        if explore is None:
            return self._random.permutation(len(scores.mean))
        if explore:
            appeal = of_appeal(scores, served, self._model)
            return thompson_ranking(appeal, self._root, self._random, draws=1).order  # no propensities
        return mean_ranking(scores).order

    def learn(self, at_ms: int, reader: Ints, article: Ints, clicked: Floats) -> None:
        X, places_then, matches = self._waiting.popleft()
        if not len(reader):
            return
        chance = np.broadcast_to(clicked.mean(axis=1, keepdims=True), clicked.shape)
        self._articles.learn(article, places_then, matches, clicked, chance, at_ms)
        rows, y = X.reshape(clicked.size, -1), clicked.ravel()
        forgetting = self._settings.shared.forgetting
        self._weights = learn(self._weights, rows, y, np.zeros(len(y)), at_ms, forgetting)
        self._chances, self._impressions = self._chances + chance.sum(), self._impressions + chance.size
        self._readers.clicked(reader, article, clicked)
        self._publish(at_ms)

    def _publish(self, at_ms: int) -> None:
        s, (mean, covariance) = self._settings.articles, collapsed(self._weights)
        mean_chance = self._chances / self._impressions
        self._model = SharedModel(
            at_ms, 0, mean, covariance, mean_chance, s.half_lives_ms, s.dimensions, s.variance
        )
        self._root = root_of(covariance)


def _stacked(lists: list[Floats], shown: int) -> Floats:
    return np.array(lists, dtype=np.float64) if lists else np.zeros((0, shown))
