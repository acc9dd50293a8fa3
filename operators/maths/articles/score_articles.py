"""How likely a reader clicks each of some articles, and how sure that is: what a storefront computes."""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.articles.article_models import Statistics
from operators.maths.articles.click_features import SERVED, Group, Lists, features, places
from schemas.article_scores import ServedArticles, SharedModel


@dataclass(frozen=True)
class Scores:
    """Log-odds of a click on n articles, jointly Gaussian: what all share, and what is each one's own.

    X : (n, d) features. mean : (n,). variance : (n,), in all. own : (n,), the part that is independent of
    other articles'.
    """

    X: Floats
    mean: Floats
    variance: Floats
    own: Floats


def score(statistics: Statistics, history: int, shared: SharedModel) -> Scores:
    """Of n articles for one reader.

    The shared model predicts what comes of all articles that look alike, on average; one of them lies around
    a mean that leaves that average as it is: `bayesian_logistic.probability` of mean and variance is the
    shared model's.

    statistics : of `served_articles.read_served`. history : how many articles the reader has clicked lately.

    Raises
    ------
    ValueError : the shared model is of other features.
    """
    n, half_lives = len(statistics.departure), len(shared.half_lives_ms)
    ones = np.ones(n, dtype=np.int64)
    lists = Lists(np.arange(n), ones, history * ones, np.full(n, shared.mean_chance))
    X = features(statistics, lists, SERVED)
    if X.shape[1] != len(shared.mean):
        raise ValueError(f"{X.shape[1]} features are served, the shared model has {len(shared.mean)} weights")
    together = np.maximum(np.einsum("nd,nd->n", X @ shared.covariance, X), 0.0)
    own = own_weight(shared.mean, half_lives) ** 2 * statistics.variance
    widened = np.sqrt((1 + np.pi * (together + own) / 8) / (1 + np.pi * together / 8))
    return Scores(X, X @ shared.mean * widened, together + own, own)


def of_appeal(scores: Scores, articles: ServedArticles, shared: SharedModel) -> Scores:
    """The same, with none but the doubt about an article's appeal for its own: what exploring may resolve.

    How each dimension of readers takes an article is hardly learnt in its life: drawing that too would
    explore for ever.
    """
    weight = own_weight(shared.mean, len(shared.half_lives_ms))
    return replace(scores, own=weight**2 * articles.root[:, 0, 0] ** 2)  # of a lower triangle


def own_weight(mean: Floats, half_lives: int) -> float:
    """By how much the score moves when an article's own log-odds do: by its rates and by its own model, which
    the same clicks move alike.

    mean : (d,) of the shared weights.
    """
    place = places(SERVED, half_lives)
    rates = mean[place[Group.RATES]].sum() + mean[place[Group.CLICK_RATES]].sum()
    return float(rates + mean[place[Group.OWN_MODEL].start])
