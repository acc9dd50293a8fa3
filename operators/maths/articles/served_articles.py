"""What is served of articles, and what a storefront reads from it for one reader: the inverse steps.

Between the two stands Redis: `schemas.article_scores`. Both sides meet in `article_models.Statistics`, so the
features of a storefront are those that the job learns from, but for what has happened since it wrote.
"""

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_memory import OVERLAP_POWERS
from operators.maths.articles.article_models import ArticleModels, ArticleSettings, Statistics
from operators.maths.articles.click_rates import NONE_YET, Counts, counts
from operators.maths.articles.reader_dimensions import Dimensions
from operators.maths.articles.reader_tastes import Tastes, match, profile
from schemas.article_readers import ReaderAxes
from schemas.article_scores import ServedArticles
from schemas.article_terms import LEVELS, WIDTH, Terms

MOST_HALF_LIVES = 1000.0
"""Between what was written and now: nothing is left after so many, and powers of two stay finite."""


def served_articles(
    models: ArticleModels, at_ms: Ints, absorbed: Ints, terms: Terms, settings: ArticleSettings
) -> ServedArticles:
    """What is written of A articles. at_ms, absorbed : (A,), terms : (A, LEVELS, WIDTH): `ServedArticles`."""
    half_lives, every = np.asarray(settings.half_lives_ms), np.arange(len(at_ms))
    found = counts(models.rates, every, at_ms, half_lives)
    sums = np.stack([found.shown, found.clicks, found.chances, found.labelled], axis=1)
    root = np.linalg.cholesky(np.linalg.inv(models.posteriors.precision))
    return ServedArticles(at_ms, absorbed, models.rates.first_ms, sums, models.posteriors.mean, root, terms)


def unseen(articles: int, half_lives: int, dimensions: int, variance: float) -> ServedArticles:
    """Articles of which Redis holds nothing."""
    none, k = np.zeros(articles, dtype=np.int64), dimensions + 1
    root = np.tile(np.sqrt(variance) * np.eye(k), (articles, 1, 1))
    sums = np.zeros((articles, 4, half_lives))
    first_ms, mean = np.full(articles, NONE_YET), np.zeros((articles, k))
    terms = np.zeros((articles, LEVELS, WIDTH), dtype=np.uint16)
    return ServedArticles(none, none, first_ms, sums, mean, root, terms)


def read_served(
    articles: ServedArticles, reader: Floats, match: Floats, now_ms: int, half_lives_ms: tuple[float, ...]
) -> Statistics:
    """What a reader (D,) meets now, article by article; affinities, which are not served, are zero.

    match : (A, LEVELS), see `match_served`; zero for a reader of whom nothing is known.
    A `now_ms` before what was written reads that all the same.
    """
    n = len(articles.at_ms)
    passed = np.maximum(now_ms - articles.at_ms, 0)[:, None] / np.asarray(half_lives_ms)
    left = articles.sums * np.exp2(-np.minimum(passed, MOST_HALF_LIVES))[:, None, :]
    age_h = np.maximum(now_ms - np.minimum(articles.first_ms, now_ms), 0) / 3.6e6
    x = np.concatenate([[1.0], reader])
    reach = np.einsum("i,aij->aj", x, articles.root)
    return Statistics(
        Counts(left[:, 0], left[:, 1], left[:, 2], left[:, 3], age_h),
        np.zeros(n),
        np.zeros((n, len(OVERLAP_POWERS))),
        articles.mean @ x,
        np.einsum("aj,aj->a", reach, reach),
        match,
    )


def served_axes(dimensions: Dimensions, tastes: Tastes, terms: Terms, at_ms: int, fits: int) -> ReaderAxes:
    """What is written of a fit: the buckets that it has seen. terms : (buckets, LEVELS, WIDTH)."""
    bucket = np.flatnonzero(dimensions.idf > 0)
    return ReaderAxes(
        at_ms,
        fits,
        len(dimensions.idf),
        bucket.astype(np.uint32),
        dimensions.idf[bucket].astype(np.float32),
        dimensions.axes[bucket].astype(np.float32),
        dimensions.centre.astype(np.float32),
        terms[bucket],
        tastes.share.astype(np.float32),
        tastes.strength.astype(np.float32),
    )


def place_served(axes: ReaderAxes, bucket: Ints) -> Floats:
    """(D,) one reader with these buckets of recent articles, as `reader_dimensions.place` places it."""
    known = _known(axes, bucket)
    weight = axes.idf[known].astype(np.float64)
    length = np.linalg.norm(weight)
    if not length:
        return np.zeros(len(axes.centre))
    at = (weight / length) @ axes.axes[known] - axes.centre
    reach = np.linalg.norm(at)
    return np.asarray(at / reach if reach > 1e-12 else np.zeros_like(at))


def match_served(axes: ReaderAxes, bucket: Ints, terms: Terms) -> Floats:
    """(n, LEVELS) how the reader with these buckets of recent articles takes to articles of these terms."""
    reader = profile(axes.terms[_known(axes, bucket)])
    return match(Tastes(axes.share, axes.strength), reader, terms)


def _known(axes: ReaderAxes, bucket: Ints) -> Ints:
    """Where these buckets are in the fit, as far as they are, each once."""
    distinct = np.unique(bucket)
    place = np.searchsorted(axes.bucket, distinct)
    inside = place < len(axes.bucket)
    return np.asarray(place[inside][axes.bucket[place[inside]] == distinct[inside]])
