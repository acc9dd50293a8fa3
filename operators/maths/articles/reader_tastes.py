"""How much more a reader takes to an article's tags and keywords than others do: a crossed statistic.

Of each term the reader's clicks over those expected of anybody with as many, Gamma-Poisson smoothed:
(c + β)/(n q + β), q the term's share of all readers' clicks. Of a keyword it is what the article's tags leave
to say. β is the inverse of the variance of readers' ratios (method of moments), so tastes that hardly differ
hardly count.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from operators.maths.arrays import Floats, Ints
from schemas.article_terms import LEVELS, TERMS, Terms

STRENGTHS = (1.0, 1000.0)
"""Bounds of β: ratios vary by as much as they are, or not at all."""


@dataclass(frozen=True)
class Tastes:
    """What is expected of anybody. share : (TERMS,), how much of all clicks is on articles with the term.
    strength : (LEVELS,), β."""

    share: Floats
    strength: Floats

    @classmethod
    def unknown(cls) -> "Tastes":
        return cls(np.zeros(TERMS), np.full(LEVELS, STRENGTHS[1]))


@dataclass(frozen=True)
class Profile:
    """A reader. clicks : of articles whose terms are known. count : (TERMS,) of these that have each term."""

    clicks: int
    count: Floats


def profile(terms: Terms) -> Profile:
    """Of a reader who clicked n articles; terms : (n, LEVELS, WIDTH)."""
    known = terms[(terms > 0).any(axis=(1, 2))]
    count = np.bincount(known.ravel(), minlength=TERMS).astype(np.float64)
    count[0] = 0.0
    return Profile(len(known), count)


def match(tastes: Tastes, reader: Profile, terms: Terms) -> Floats:
    """(n, LEVELS) log-odds by which the reader takes to n articles; 0 where no term is known."""
    expected = reader.clicks * tastes.share[terms]
    count, found, told = reader.count[terms], np.empty(terms.shape[:2]), np.zeros(len(terms))
    weight = 1 / np.sqrt(np.maximum((terms > 0).sum(axis=2), 1))
    for level, strength in enumerate(tastes.strength):
        usual = expected[:, level] * np.exp(told)[:, None]
        ratio = np.log((count[:, level] + strength) / (usual + strength))
        found[:, level] = np.where(terms[:, level] > 0, ratio, 0.0).sum(axis=1) * weight[:, level]
        told = told + found[:, level]
    return found


def expected(match: Floats) -> Floats:
    """(n,) clicks of these readers for one of anybody."""
    return np.asarray(np.exp(match.sum(axis=1)))


def fit(terms: Terms, first: Ints) -> Tastes:
    """From the clicks of r readers. terms : (m, LEVELS, WIDTH), reader after reader. first : (r + 1,).

    Clicks of articles without terms do not count; if there are no others: `unknown`.
    """
    known = (terms > 0).any(axis=(1, 2))
    reader = np.repeat(np.arange(len(first) - 1), np.diff(first))[known]
    n = np.bincount(reader, minlength=len(first) - 1).astype(np.float64)
    if not len(reader):
        return Tastes.unknown()
    share, strength, explained = np.zeros(TERMS), np.empty(LEVELS), 1.0
    for level in range(LEVELS):
        count = _counts(terms[known, level], reader, len(n))
        shares = np.asarray(count.sum(axis=0)).ravel() / n.sum()
        variance = max(_relative_variance(count, n, shares), 0.0)
        strength[level] = np.clip(1 / max((1 + variance) / explained - 1, 1e-9), *STRENGTHS)
        share, explained = share + shares, explained * (1 + 1 / strength[level])
    return Tastes(share, strength)


def _counts(terms: Terms, reader: Ints, readers: int) -> csr_matrix:
    """(readers, TERMS) clicks of articles that have each term; terms : (m, WIDTH)."""
    row, place = np.nonzero(terms)
    ones = np.ones(len(row))
    return csr_matrix((ones, (reader[row], terms[row, place])), shape=(readers, TERMS))


def _relative_variance(count: csr_matrix, n: Floats, share: Floats) -> float:
    """Of readers' ratios r to what is expected of n clicks, n times a term's share q.

    By factorial moments of what is drawn n times with probability q r: E c(c − 1)/(n q) = (n − 1) q E r².
    """
    found = count.tocoo()
    clicks = n[found.row]
    pairs = found.data * (found.data - 1) / (clicks * share[found.col])
    others = found.data * (clicks - 1) / clicks
    return float(pairs.sum() / max(others.sum(), 1e-12) - 1)
