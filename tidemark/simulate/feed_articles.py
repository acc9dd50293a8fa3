"""What the job knows of articles, and has written for storefronts."""

import numpy as np
from scipy.special import logit

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import (
    CHANCES,
    ArticleModels,
    ArticleSettings,
    Impressions,
    Outcomes,
    count,
    learn,
)
from operators.maths.articles.keyword_prior import Terms, learn_terms, prior_means
from operators.maths.articles.served_articles import served_articles
from operators.maths.bayesian_logistic import Posteriors
from schemas.article_scores import ServedArticles
from schemas.article_terms import LEVELS, TERMS, WIDTH
from tidemark.evaluate.arrivals import Models
from tidemark.simulate.feed_parameters import TOPIC_SHARES
from tidemark.simulate.feed_world import Articles


class FeedArticles:
    """articles : of which topic, theme and birth are known. told : whether their models start at these."""

    def __init__(self, articles: Articles, settings: ArticleSettings, told: bool, themes: int) -> None:
        A = len(articles.born_ms)
        self._settings, self._told, self._born_ms = settings, told, articles.born_ms
        self._models, self._described = Models(A, settings), 0
        self._latest, self._absorbed = np.zeros(A, dtype=np.int64), np.zeros(A, dtype=np.int64)
        every = np.arange(A)
        self.terms = np.zeros((A, LEVELS, WIDTH), dtype=np.uint16)
        self.terms[:, 0, 0], self.terms[:, 1, 0] = 1 + articles.topic, TERMS // 2 + articles.theme
        self._served = served_articles(
            self._models.take(every), self._latest, self._absorbed, self.terms, settings
        )
        term = np.column_stack([articles.topic, len(TOPIC_SHARES) + articles.theme]).ravel()
        self._terms = Terms(term, np.full(2 * A, np.sqrt(0.5)), np.arange(0, 2 * A + 1, 2))
        variance = np.full(settings.dimensions + 1, settings.variance)
        self._of_terms = Posteriors.prior(len(TOPIC_SHARES) * (1 + themes), variance)

    def served(self, article: Ints) -> ServedArticles:
        """What a storefront reads of these."""
        s = self._served
        return ServedArticles(
            s.at_ms[article],
            s.absorbed[article],
            s.first_ms[article],
            s.sums[article],
            s.mean[article],
            s.root[article],
            s.terms[article],
        )

    def describe(self, at_ms: int) -> None:
        """Those published since: their models start where their terms are."""
        new = np.arange(self._described, np.searchsorted(self._born_ms, at_ms, side="right"))
        self._described += len(new)
        if self._told and len(new):
            models = self._models.take(new)
            started = Posteriors(prior_means(self._of_terms, self._terms, new), models.posteriors.precision)
            self._write(new, ArticleModels(models.rates, started, models.memory))

    def count(self, article: Ints, readers: Floats, match: Floats, at_ms: int) -> None:
        """Lists (n, shown) were shown to readers (n, D), whom they match so (n shown, LEVELS)."""
        touched, shown = self._impressions(article, readers, match, at_ms)
        self._latest[touched] = np.maximum(self._latest[touched], at_ms)
        self._absorbed[touched] += np.bincount(shown.article, minlength=len(touched))
        self._write(touched, count(self._models.take(touched), shown, self._settings))

    def learn(
        self, article: Ints, readers: Floats, match: Floats, clicked: Floats, chance: Floats, at_ms: int
    ) -> None:
        """What came of lists (n, shown) that were shown at `at_ms`."""
        touched, shown = self._impressions(article, readers, match, at_ms)
        outcomes = Outcomes(clicked.ravel(), chance.ravel())
        self._absorbed[touched] += np.bincount(shown.article, minlength=len(touched))
        self._write(touched, learn(self._models.take(touched), shown, outcomes, self._settings))
        if self._told:
            X = np.column_stack([np.ones(len(shown.article)), shown.reader])
            offset = logit(np.clip(outcomes.chance, *CHANCES))
            self._of_terms = learn_terms(
                self._of_terms, self._terms, article.ravel(), X, outcomes.clicked, offset
            )

    def _impressions(
        self, article: Ints, readers: Floats, match: Floats, at_ms: int
    ) -> tuple[Ints, Impressions]:
        touched, flat = np.unique(article.ravel(), return_inverse=True)
        reader = np.repeat(readers, article.shape[1], axis=0)
        slate = np.zeros((len(flat), self._settings.sketch), dtype=np.uint8)
        return touched, Impressions(flat, np.full(len(flat), at_ms), reader, slate, match)

    def _write(self, touched: Ints, models: ArticleModels) -> None:
        self._models.put(touched, models)
        new = served_articles(
            models, self._latest[touched], self._absorbed[touched], self.terms[touched], self._settings
        )
        for name in ("at_ms", "absorbed", "first_ms", "sums", "mean", "root"):
            getattr(self._served, name)[touched] = getattr(new, name)
