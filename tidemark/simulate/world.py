"""Visitors come to shops and touch items; what they buy depends on the layout they are shown."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tidemark.simulate.parameters import Parameters
from tidemark.simulate.shops import Shops
from tidemark.simulate.tastes import DAY_MS, Demographics, Floats, Ints, Tastes

START_MS = 1_767_225_600_000  # 2026-01-01
STEP_MS = 5_000
"""Between two events of a visit."""


@dataclass(frozen=True)
class Arrivals:
    """n visits of distinct visitors in one batch, in time order, and the m items they touch, visit by visit.

    visitor, shop, at_ms : (n,). conversion : (n, L) true probability of a purchase under each layout.
    row : (m,) ascending, every visit at least once. category, behavior : (m,); behaviours as numbers of
    `schemas.behaviors.BEHAVIORS`, none a purchase.
    """

    visitor: Ints
    shop: Ints
    at_ms: Ints
    conversion: Floats
    row: Ints
    category: Ints
    behavior: Ints

    def __len__(self) -> int:
        return len(self.visitor)


class World:
    """One seed, one world: shops, visitors and visits are the same whatever is shown to them.

    shops, demographics : the truth. shop : (V,) of each visitor, who stays there.
    """

    def __init__(self, parameters: Parameters, seed: int) -> None:
        p = self.parameters = parameters
        self.seed = seed
        self._random = np.random.default_rng([seed, 1])
        random = np.random.default_rng([seed, 0])
        self.shops = Shops.draw(p, random)
        self._loadings = random.standard_normal((p.industries, p.factors, p.categories)) / np.sqrt(p.factors)
        self.shop = np.sort(random.choice(p.shops, p.visitors, p=self.shops.size))
        self.demographics = Demographics.draw(p.visitors, random)
        self._own = random.standard_normal((p.visitors, p.categories), dtype=np.float32)
        shape = 1 / p.visits_cv2
        self._visits_a_ms = random.gamma(shape, p.visits_a_week / shape, p.visitors) / (7 * DAY_MS)
        self.tastes = Tastes(p, self.demographics, random)

    def batches(self, span_ms: int) -> Iterator[Arrivals]:
        """The visits of each span of event time, to the last day's end; in each at most one of a visitor."""
        for start_ms in range(0, self.parameters.days * DAY_MS, span_ms):
            yield self._arrivals(start_ms, span_ms)

    def _arrivals(self, start_ms: int, span_ms: int) -> Arrivals:
        expected = self._visits_a_ms * span_ms
        who = np.flatnonzero(self._random.random(len(expected)) < expected)
        when = np.sort(self._random.integers(start_ms, start_ms + span_ms, len(who)))
        who = self._random.permutation(who)
        shop = self.shop[who]
        taste = self.tastes.at(who, when)
        row, category = self._touched(self._shares(who, taste))
        return Arrivals(
            who,
            shop,
            START_MS + when,
            self.conversion(who),
            row,
            category,
            self._behaviors(len(row)),
        )

    def conversion(self, who: Ints) -> Floats:
        """(n, L): true probability that the latest visit of each of `who` converts, under each layout."""
        p = self.parameters
        return self.shops.conversion(p.conversion, p.effect, self.shop[who], self.tastes.latest(who))

    def _shares(self, who: Ints, taste: Floats) -> Floats:
        """(n, C) of what each visit touches."""
        p, shop = self.parameters, self.shop[who]
        leaning = np.empty((len(who), p.categories))
        for industry, loadings in enumerate(self._loadings):
            there = self.shops.industry[shop] == industry
            leaning[there] = taste[there] @ loadings
        odds = self.shops.sales[shop] * np.exp(p.spread * leaning + p.own_spread * self._own[who])
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _touched(self, shares: Floats) -> tuple[Ints, Ints]:
        """(row, category) (m,): each visit's items, at least one, drawn by its shares (n, C)."""
        n = self._random.geometric(1 / self.parameters.touches, len(shares))
        row = np.repeat(np.arange(len(shares)), n)
        cumulative = (
            np.cumsum(shares, axis=1) + np.arange(len(shares))[:, None]
        )  # of visit i: from i to i + 1
        wanted = row + self._random.random(len(row))
        flat = np.searchsorted(cumulative.ravel(), wanted, side="right")
        return row, np.minimum(flat - row * shares.shape[1], shares.shape[1] - 1)

    def _behaviors(self, m: int) -> Ints:
        mix = np.array(self.parameters.behavior_mix[:3])
        return self._random.choice(3, m, p=mix / mix.sum())
