"""Who orders the lists of a simulated feed, beside the product: chance, click rates, and an oracle."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.click_rates import Rates, count_labelled, counts
from tidemark.simulate.feed_world import Asked


@dataclass(frozen=True)
class Shown:
    """n lists, each (n, shown). place : among the candidates, the first is shown first.

    probability, low, high : what was expected, and its 90 % interval; None of who expects nothing.
    """

    place: Ints
    probability: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None


class FeedPolicy(Protocol):
    """A storefront, and the job behind it."""

    def rank(self, asked: Asked, shown: int) -> Shown:
        """The best of the candidates, `shown` of them."""

    def learn(self, at_ms: int, reader: Ints, article: Ints, clicked: Floats) -> None:
        """The outcomes of n lists, (n, shown), of the same lists in the order in which they were ranked."""


class ByChance:
    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng([seed, 5])

    def rank(self, asked: Asked, shown: int) -> Shown:
        return Shown(np.argsort(self._random.random(asked.candidates.shape), axis=1)[:, :shown])

    def learn(self, at_ms: int, reader: Ints, article: Ints, clicked: Floats) -> None:
        """Nothing."""


class Oracle:
    """By true probabilities."""

    def rank(self, asked: Asked, shown: int) -> Shown:
        return Shown(np.argsort(-asked.probability, axis=1, kind="stable")[:, :shown])

    def learn(self, at_ms: int, reader: Ints, article: Ints, clicked: Floats) -> None:
        """Nothing."""


class BySmoothedRate:
    """By (clicks + s μ)/(impressions + s) of an article, μ everybody's rate; equal ones by chance.

    half_life_ms : of the sums; infinity: all time. strength : s, in impressions.
    """

    def __init__(self, articles: int, half_life_ms: float, strength: float, seed: int) -> None:
        self._rates, self._half_life_ms = Rates.fresh(articles, 1), np.array([half_life_ms])
        self._strength, self._random = strength, np.random.default_rng([seed, 6])
        self._clicks, self._shown = 1.0, 25.0

    def rank(self, asked: Asked, shown: int) -> Shown:
        distinct, place = np.unique(asked.candidates, return_inverse=True)
        found = counts(self._rates, distinct, np.full(len(distinct), asked.at_ms), self._half_life_ms)
        clicks, labelled = found.clicks[:, 0], found.labelled[:, 0]
        rate = (clicks + self._strength * self._clicks / self._shown) / (labelled + self._strength)
        among = rate[place.reshape(asked.candidates.shape)]
        ties = self._random.random(among.shape)
        return Shown(np.lexsort((ties, -among), axis=1)[:, :shown])

    def learn(self, at_ms: int, reader: Ints, article: Ints, clicked: Floats) -> None:  # noqa: ARG002
        flat, y = article.ravel(), clicked.ravel()
        self._clicks, self._shown = self._clicks + y.sum(), self._shown + len(y)
        nothing = np.zeros(len(flat))
        at = np.full(len(flat), at_ms)
        self._rates = count_labelled(
            self._rates, flat, at, y, nothing, np.ones(len(flat)), self._half_life_ms
        )
