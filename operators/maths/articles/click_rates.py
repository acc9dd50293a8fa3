"""An article's decayed clicks, chances and impressions at several half-lives.

A *chance* is what an impression would have been worth had the reader picked blindly: k/L, the clicks of its
list over its length. Clicks over chances is a rate that long lists do not lower. All are decayed sums
(`operators.maths.decay`), so the order in which they arrive does not matter.
"""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.bayesian_logistic import sums_by
from operators.maths.decay import log_value, value_at

NONE_YET = np.iinfo(np.int64).max
"""first_ms of an article that was never shown."""


@dataclass(frozen=True)
class Rates:
    """Of A articles at H half-lives, each (A, H) as log2 S + T/h.

    shown : impressions, at once. clicks, chances, labelled : of impressions whose outcome is known.
    first_ms : (A,), event time of the first impression.
    """

    shown: Floats
    clicks: Floats
    chances: Floats
    labelled: Floats
    first_ms: Ints

    @classmethod
    def fresh(cls, articles: int, half_lives: int) -> "Rates":
        nothing = np.full((articles, half_lives), -np.inf)
        return cls(nothing, nothing, nothing, nothing, np.full(articles, NONE_YET))


@dataclass(frozen=True)
class Counts:
    """The sums' values for n rows as of their times, (n, H). age_h : (n,), since the first impression."""

    shown: Floats
    clicks: Floats
    chances: Floats
    labelled: Floats
    age_h: Floats


def count_shown(rates: Rates, article: Ints, at_ms: Ints, half_lives_ms: Floats) -> Rates:
    """After n impressions of articles (n,) at times (n,)."""
    first = rates.first_ms.copy()
    np.minimum.at(first, article, at_ms)
    ones = np.ones(len(article))
    return replace(rates, shown=_added(rates.shown, article, ones, at_ms, half_lives_ms), first_ms=first)


def count_labelled(
    rates: Rates,
    article: Ints,
    at_ms: Ints,
    clicked: Floats,
    chance: Floats,
    weight: Floats,
    half_lives_ms: Floats,
) -> Rates:
    """After the outcomes of n impressions became known; at_ms : (n,), when they were shown.

    weight : (n,) how many impressions to anybody each is worth, by who its reader is.
    """
    return replace(
        rates,
        clicks=_added(rates.clicks, article, clicked, at_ms, half_lives_ms),
        chances=_added(rates.chances, article, chance, at_ms, half_lives_ms),
        labelled=_added(rates.labelled, article, weight, at_ms, half_lives_ms),
    )


def counts(rates: Rates, article: Ints, at_ms: Ints, half_lives_ms: Floats) -> Counts:
    """The sums as of the times (n,). A row older than what its article knows reads that all the same."""
    t = at_ms[:, None].astype(np.float64)

    def value(x: Floats) -> Floats:
        return np.minimum(value_at(x[article], t, half_lives_ms), 1e12)

    age_ms = np.maximum(at_ms - np.minimum(rates.first_ms[article], at_ms), 0)
    return Counts(
        value(rates.shown), value(rates.clicks), value(rates.chances), value(rates.labelled), age_ms / 3.6e6
    )


def _added(x: Floats, article: Ints, weight: Floats, at_ms: Ints, half_lives_ms: Floats) -> Floats:
    """log2(2^x + Σ w 2^(t/h)): summed around each article's latest time, so that nothing overflows."""
    if not len(article):
        return x
    latest = np.zeros(len(x), dtype=np.int64)
    np.maximum.at(latest, article, at_ms)
    back = np.exp2((at_ms - latest[article])[:, None] / half_lives_ms)
    S = sums_by(article, len(x))(weight[:, None] * back)
    return np.asarray(np.logaddexp2(x, log_value(S, latest[:, None], half_lives_ms)))
