"""How likely a reader clicks each of some articles, and how sure that is: what a storefront computes."""

from dataclasses import dataclass

import numpy as np

from operators.maths.article_models import Statistics
from operators.maths.click_features import SERVED, Group, Lists, features, places
from operators.maths.click_model import total_variance
from operators.maths.segment_scores import Floats
from schemas.article_scores import SharedModel


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
    weight = shared.mean[places(SERVED, half_lives)[Group.OWN_MODEL].start]
    together = np.maximum(np.einsum("nd,nd->n", X @ shared.covariance, X), 0.0)
    own = weight**2 * statistics.variance
    return Scores(X, X @ shared.mean, total_variance(together, statistics.variance, weight), own)
