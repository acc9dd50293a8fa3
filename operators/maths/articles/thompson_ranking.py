"""Articles in an order that explores: Thompson sampling, and the propensities that an evaluation divides by.

A ranking is drawn from the posterior (Thompson, Biometrika 1933; Chapelle and Li, NIPS 2011): the more likely
an article is to be the best, the more often it stands first. What all articles share is drawn once a ranking,
so that doubt about everybody moves no article past another.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.score_articles import Scores

DRAWS = 128
EXPLORATION = 0.25
"""Of the posterior's standard deviations: posterior reshaping (Chapelle and Li 2011, section 3). Where
a hundred articles compete that live for some hundred impressions, all of them would explore more than is
repaid."""


@dataclass(frozen=True)
class Ranking:
    """order : (n,) indices, the first is shown first. propensity : (n,) of each place, see below."""

    order: Ints
    propensity: Floats


def mean_ranking(scores: Scores) -> Ranking:
    """By mean log-odds, equal ones in their order: nothing is left to chance."""
    return Ranking(np.argsort(-scores.mean, kind="stable"), np.ones(len(scores.mean)))


def thompson_ranking(
    scores: Scores,
    shared_root: Floats,
    random: np.random.Generator,
    exploration: float = EXPLORATION,
    draws: int = DRAWS,
) -> Ranking:
    """One of `draws` rankings that are drawn alike, the first; each of them could as well have been it.

    The propensity of a place is the share of the draws in which the article that stands there does: given the
    draws, exactly the probability with which it came to be there, and at least 1/draws. So dividing by it is
    right, for every article and place that the draws contain. What comes about less often than once in
    `draws` is mostly not among them: an estimate of a policy that would do so misses that part, where with
    exact propensities it would rest on weights above `draws`.

    shared_root : (d, d), root rootᵀ is the covariance of the shared weights.
    """
    n, d = scores.X.shape
    z = random.standard_normal((draws, d + n), dtype=np.float32)
    together = (scores.X @ shared_root).astype(np.float32)
    own = np.sqrt(scores.own).astype(np.float32)
    drawn = scores.mean.astype(np.float32) + exploration * (z[:, :d] @ together.T + z[:, d:] * own)
    orders = np.argsort(-drawn, axis=1)
    return Ranking(orders[0], np.asarray((orders == orders[0]).mean(axis=0)))


def root_of(covariance: Floats) -> Floats:
    """(d, d): a root of a covariance that may be singular, to rounding."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
