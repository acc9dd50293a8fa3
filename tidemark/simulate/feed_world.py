"""A news feed: articles are born, fade and go; readers with tastes that drift come and ask for a list."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from operators.maths.arrays import Floats, Ints
from tidemark.simulate.feed_parameters import TOPIC_SHARES, FeedParameters

START_MS = 1_767_225_600_000  # 2026-01-01
HOUR_MS = 3_600_000
BEFORE_H = 80.0  # of births before the first list, so that it finds a feed in full run
ARCHIVE = 3_000  # older articles, that are in readers' histories


@dataclass(frozen=True)
class Articles:
    """The truth on A articles, the first `ARCHIVE` of them gone. All (A,), by birth.

    topic, theme : index; a theme belongs to one topic. appeal : log-odds at birth. fading : lost an hour.
    """

    born_ms: Ints
    gone_ms: Ints
    topic: Ints
    theme: Ints
    appeal: Floats
    fading: Floats

    @classmethod
    def draw(cls, p: FeedParameters, random: np.random.Generator) -> "Articles":
        born = random.poisson(p.births_an_hour * (p.hours + BEFORE_H))
        A = ARCHIVE + born
        born_h = np.sort(random.uniform(-BEFORE_H, p.hours, born))
        life_h = p.life_h * np.exp(p.life_spread * random.standard_normal(born))
        shares = np.array(TOPIC_SHARES) / np.sum(TOPIC_SHARES)
        topic = random.choice(len(shares), A, p=shares)
        theme = topic * p.themes + random.integers(p.themes, size=A)
        of_topic, of_theme = (random.standard_normal(n) for n in (len(shares), len(shares) * p.themes))
        told = (of_topic[topic] + of_theme[theme]) * np.sqrt(p.told / 2)
        own = np.sqrt(1 - p.told) * random.standard_normal(A)
        fading = p.fading + p.fading_spread * random.standard_normal(A)
        long_ago = np.full(ARCHIVE, START_MS - 1000 * HOUR_MS)
        return cls(
            np.concatenate([long_ago, _ms(born_h)]),
            np.concatenate([long_ago, _ms(born_h + life_h)]),
            topic,
            theme,
            p.appeal * (told + own),
            np.where(np.arange(A) < ARCHIVE, 0.0, fading),
        )

    def alive(self, at_ms: int) -> Ints:
        return np.flatnonzero((self.born_ms <= at_ms) & (at_ms < self.gone_ms))


@dataclass(frozen=True)
class Asked:
    """n readers who ask for a list at one time. reader : (n,). candidates : (n, c) articles.

    probability : (n, c) true click probabilities.
    """

    at_ms: int
    reader: Ints
    candidates: Ints
    probability: Floats


class FeedWorld:
    """One seed, one world: readers, articles and visits are the same whatever is shown to them.

    articles : the truth. histories : what each reader had clicked before, the latest first.
    """

    def __init__(self, parameters: FeedParameters, seed: int) -> None:
        p = self.parameters = parameters
        self.seed = seed
        random = np.random.default_rng([seed, 0])
        self.articles = Articles.draw(p, random)
        topics = len(TOPIC_SHARES)
        self._spread = np.repeat([p.topic_taste, p.theme_taste], [topics, topics * p.themes])
        self._lasting = random.standard_normal((p.readers, len(self._spread)))
        self._moving = random.standard_normal((p.readers, len(self._spread)))
        self._random, self._as_of_ms = np.random.default_rng([seed, 1]), START_MS
        self._base = logit(p.click_rate) - (p.appeal**2 + p.topic_taste**2 + p.theme_taste**2) / 2
        old = np.arange(ARCHIVE)
        self.histories = [
            self._history(odds, random)
            for odds in self.probability(np.arange(p.readers)[:, None], old, START_MS)
        ]

    def batches(self, span_ms: int) -> Iterator[Asked]:
        """Who asks in each span of time, taken together at its end."""
        p = self.parameters
        for at_ms in range(START_MS + span_ms, START_MS + p.hours * HOUR_MS, span_ms):
            self._drift(at_ms)
            n = self._random.poisson(p.lists_an_hour * span_ms / HOUR_MS)
            reader = self._random.integers(p.readers, size=n)
            alive = self.articles.alive(at_ms)
            drawn = np.argsort(self._random.random((n, len(alive))), axis=1)[:, : p.candidates]
            candidates = alive[drawn]
            yield Asked(at_ms, reader, candidates, self.probability(reader[:, None], candidates, at_ms))

    def probability(self, reader: Ints, article: Ints, at_ms: int) -> Floats:
        """True click probabilities; the arguments broadcast."""
        of, taste = self.articles, self._tastes()
        age_h = np.maximum(at_ms - of.born_ms[article], 0) / HOUR_MS
        liked = taste[reader, of.topic[article]] + taste[reader, len(TOPIC_SHARES) + of.theme[article]]
        return np.asarray(expit(self._base + of.appeal[article] - of.fading[article] * age_h + liked))

    def _tastes(self) -> Floats:
        """(readers, topics and themes), log-odds."""
        share = self.parameters.drifting
        return np.asarray(self._spread * (np.sqrt(1 - share) * self._lasting + np.sqrt(share) * self._moving))

    def _drift(self, at_ms: int) -> None:
        kept = 2.0 ** (-(at_ms - self._as_of_ms) / (self.parameters.drift_h * HOUR_MS))
        fresh = self._random.standard_normal(self._moving.shape)
        self._moving, self._as_of_ms = kept * self._moving + np.sqrt(1 - kept**2) * fresh, at_ms

    def _history(self, odds: Floats, random: np.random.Generator) -> list[int]:
        """Drawn by odds (ARCHIVE,)."""
        p = self.parameters
        n = int(np.clip(p.history * np.exp(p.history_spread * random.standard_normal()), 1, 100))
        last = np.argsort(random.exponential(size=len(odds)) / odds)[:n]
        return [int(article) for article in last]


def _ms(hours: Floats) -> Ints:
    return np.asarray(START_MS + hours * HOUR_MS, dtype=np.int64)
