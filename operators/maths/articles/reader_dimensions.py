"""A reader as a few numbers: what the articles that it clicked before have in common.

Latent semantic analysis (Deerwester, Dumais, Furnas, Landauer, Harshman, JASIS 1990) of recent readers'
histories, weighted tf-idf, refitted now and then. A refit is turned onto the old axes (orthogonal Procrustes,
Schönemann, Psychometrika 1966), so that what was learned about dimensions stays true.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, orthogonal_procrustes
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import ArpackError, svds

from operators.maths.arrays import Floats, Ints

NOTHING = 1e-6
"""A singular value that is less is rounding: the squares of all of them add up to the number of readers."""


@dataclass(frozen=True)
class ReaderSettings:
    """buckets : of articles in histories. refit_on : the latest lists. refit_every : lists; at first whenever
    their number has doubled. apart_ms : event time between refits, at least: whoever places readers elsewhere
    fetches each.
    """

    buckets: int = 2**16
    refit_every: int = 200
    refit_on: int = 2000
    apart_ms: int = 60_000

    def is_due(self, seen: int, fitted: int, passed_ms: int) -> bool:
        """Whether to refit after `seen` lists, when the last fit was after `fitted`, so long ago."""
        return seen - fitted >= min(self.refit_every, max(fitted, 1)) and passed_ms >= self.apart_ms


@dataclass(frozen=True)
class Histories:
    """n readers' clicked articles. article : (m,) buckets, reader after reader. first : (n + 1,) offsets."""

    article: Ints
    first: Ints

    def counts(self, buckets: int) -> csr_matrix:
        """(n, buckets), 1 where a reader clicked an article of the bucket."""
        found = csr_matrix(
            (np.ones(len(self.article)), self.article, self.first), shape=(len(self.first) - 1, buckets)
        )
        found.sum_duplicates()
        found.data[:] = 1.0
        return found


@dataclass(frozen=True)
class Dimensions:
    """axes : (buckets, D). idf : (buckets,), 0 for a bucket that the fit has not seen. centre : (D,)."""

    axes: Floats
    idf: Floats
    centre: Floats

    @classmethod
    def unknown(cls, buckets: int, dimensions: int) -> "Dimensions":
        return cls(np.zeros((buckets, dimensions)), np.zeros(buckets), np.zeros(dimensions))


def place(dimensions: Dimensions, histories: Histories) -> Floats:
    """(n, D) readers, of unit length; zero for a reader of whom nothing is known, or before the first fit."""
    weighted = _weighted(histories.counts(len(dimensions.axes)), dimensions.idf)
    known = np.diff(weighted.indptr) > 0
    return _unit(np.where(known[:, None], weighted @ dimensions.axes - dimensions.centre, 0.0))


def refit(dimensions: Dimensions, histories: Histories) -> Dimensions:
    """Dimensions of these readers, turned towards the old ones. Too few with a history: unchanged."""
    buckets, D = dimensions.axes.shape
    clicked = histories.counts(buckets)
    clicked = clicked[np.diff(clicked.indptr) > 0]
    if clicked.shape[0] <= 2 * D:
        return dimensions
    readers = np.asarray(clicked.sum(axis=0)).ravel()
    idf = np.where(readers > 0, np.log((clicked.shape[0] + 1) / (readers + 1)), 0.0)
    weighted = _weighted(clicked, idf)
    axes, seen = np.zeros((buckets, D)), np.argsort(idf == 0, kind="stable")[: 2 * D + np.count_nonzero(idf)]
    axes[seen] = _strongest(weighted[:, seen], D)  # the others are zero, and most
    if dimensions.axes.any():
        before = _weighted(clicked, dimensions.idf) @ dimensions.axes - dimensions.centre
        after = weighted @ axes
        axes = axes @ orthogonal_procrustes(_unit(after - after.mean(axis=0)), _unit(before))[0]
    return Dimensions(axes, idf, np.asarray((weighted @ axes).mean(axis=0)))


def _strongest(weighted: csr_matrix, D: int) -> Floats:
    """(buckets, D) right singular vectors of the D greatest singular values; zero where there are fewer."""
    try:
        _, length, right = svds(weighted, k=D, v0=np.ones(min(weighted.shape)))  # a fixed start: repeatable
    except ArpackError:  # of histories that are alike: Lanczos vectors soon span all that there is
        n = weighted.shape[0]
        squared, left = eigh((weighted @ weighted.T).toarray(), subset_by_index=[n - D, n - 1])
        length = np.sqrt(np.maximum(squared, 0.0))
        right = (weighted.T @ left / np.maximum(length, NOTHING)).T
    return np.asarray(np.where(length > NOTHING, right.T, 0.0))


def _weighted(clicked: csr_matrix, idf: Floats) -> csr_matrix:
    """Rows weighted by idf, of unit length; empty where no bucket of a reader has a weight."""
    weighted = clicked.multiply(idf[None, :]).tocsr()
    weighted.eliminate_zeros()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return weighted.multiply(1 / np.maximum(length, 1e-12)[:, None]).tocsr()


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-12))
