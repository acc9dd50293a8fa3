"""All that is kept of an article, and the three things that happen to it: it is read, shown, and learnt from.

Nothing here depends on another article or on the shared model: outcomes are taken against the chance k/L of a
blind pick, which is known once the list's clicks are. So articles can be sharded, and the features that an
impression reads are functions of what had arrived by then.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import logit

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_memory import Memory, affinity, remember
from operators.maths.articles.click_rates import Counts, Rates, count_labelled, count_shown, counts
from operators.maths.articles.reader_tastes import expected
from operators.maths.articles.slate_sketch import Sketch
from operators.maths.bayesian_logistic import Posteriors, predict, update

HOUR_MS = 3_600_000.0
CHANCES = (1e-3, 0.95)
"""Bounds of a chance as an offset: finite log-odds where nothing or everything in a list was clicked."""


@dataclass(frozen=True)
class ArticleSettings:
    """half_lives_ms : of the rates. dimensions : D of a reader. places : M remembered impressions of an
    article. sketch : S bytes a list. variance : of the prior of each coefficient of an article's model.
    """

    half_lives_ms: tuple[float, ...] = (HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS, float("inf"))
    dimensions: int = 16
    places: int = 128
    sketch: int = 64
    variance: float = 0.5


@dataclass(frozen=True)
class Impressions:
    """n impressions. article : (n,) index of the model. at_ms : (n,). reader : (n, D). slate : (n, S).

    match : (n, LEVELS), how its reader takes to the article's terms, see `reader_tastes.match`.
    """

    article: Ints
    at_ms: Ints
    reader: Floats
    slate: Sketch
    match: Floats

    def of(self, rows: slice | Ints) -> "Impressions":
        return Impressions(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Outcomes:
    """What became of n impressions. clicked : (n,), 1.0 or 0.0. chance : (n,) k/L of their lists; 0
    where nothing of the list was clicked, which says nothing of one article against another."""

    clicked: Floats
    chance: Floats


@dataclass(frozen=True)
class Statistics:
    """What n impressions read as they arrived.

    by_reader : (n,), by_list : (n, powers), affinities. departure, variance : (n,), log-odds by which the
    article's own model departs from a blind pick, and their variance. match : (n, LEVELS), as shown.
    """

    counts: Counts
    by_reader: Floats
    by_list: Floats
    departure: Floats
    variance: Floats
    match: Floats


@dataclass(frozen=True)
class ArticleModels:
    """A articles. posteriors : an intercept and a coefficient a dimension of the reader."""

    rates: Rates
    posteriors: Posteriors
    memory: Memory

    @classmethod
    def fresh(cls, articles: int, settings: ArticleSettings) -> "ArticleModels":
        return cls(
            Rates.fresh(articles, len(settings.half_lives_ms)),
            Posteriors.prior(articles, np.full(settings.dimensions + 1, settings.variance)),
            Memory.fresh(articles, settings.places, settings.dimensions, settings.sketch),
        )

    def arrays(self) -> list[np.ndarray]:  # type: ignore[type-arg]
        """Every array, the articles along its first axis: for those who store them."""
        parts = (self.rates, self.posteriors, self.memory)
        return [getattr(part, field.name) for part in parts for field in fields(part)]

    @classmethod
    def of_arrays(cls, arrays: list[np.ndarray]) -> "ArticleModels":  # type: ignore[type-arg]
        """From what `arrays` gave."""
        rates, posteriors = len(fields(Rates)), len(fields(Posteriors))
        return cls(
            Rates(*arrays[:rates]),
            Posteriors(*arrays[rates : rates + posteriors]),
            Memory(*arrays[rates + posteriors :]),
        )


def read(models: ArticleModels, shown: Impressions, settings: ArticleSettings) -> Statistics:
    """The statistics of impressions before anything learns from them."""
    by_reader, by_list = affinity(models.memory, shown.article, shown.reader, shown.slate)
    nothing = np.zeros(len(shown.article))
    departure, variance = predict(models.posteriors, _design(shown), shown.article, nothing)
    half_lives = np.asarray(settings.half_lives_ms)
    return Statistics(
        counts(models.rates, shown.article, shown.at_ms, half_lives),
        by_reader,
        by_list,
        departure,
        variance,
        shown.match,
    )


def count(models: ArticleModels, shown: Impressions, settings: ArticleSettings) -> ArticleModels:
    """After impressions have arrived; what became of them is not known yet."""
    half_lives = np.asarray(settings.half_lives_ms)
    return replace(models, rates=count_shown(models.rates, shown.article, shown.at_ms, half_lives))


def learn(
    models: ArticleModels, shown: Impressions, outcomes: Outcomes, settings: ArticleSettings
) -> ArticleModels:
    """After the outcomes of impressions became known, each once. No impressions change nothing."""
    if not len(shown.article):
        return models
    clicked, chance, half_lives = outcomes.clicked, outcomes.chance, np.asarray(settings.half_lives_ms)
    offset = logit(np.clip(chance, *CHANCES))
    return ArticleModels(
        count_labelled(
            models.rates, shown.article, shown.at_ms, clicked, chance, expected(shown.match), half_lives
        ),
        update(models.posteriors, _design(shown), clicked, shown.article, offset),
        remember(models.memory, shown.article, shown.reader, shown.slate, clicked, chance),
    )


def _design(shown: Impressions) -> Floats:
    return np.column_stack([np.ones(len(shown.article)), shown.reader])
