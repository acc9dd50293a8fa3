"""The layout bandit in this process: as the job, from exposures and the purchases that follow."""

import numpy as np

from operators.maths.layouts.layout_bandit import (
    BanditSettings,
    LayoutArms,
    Outcomes,
    sampling_probabilities,
    update_arms,
)
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import DAY_MS, Floats, Ints

PURCHASE = 3
MINUTE_MS = 60_000


class Policies:
    """P policies (shop and segment) over the layouts of a shop.

    A purchase is credited to the visitor's latest exposure, once, within `window_ms`. Sampling probabilities
    are estimated anew after `refresh_ms` of event time.
    """

    def __init__(
        self,
        policies: int,
        layouts: int,
        visitors: int,
        settings: BanditSettings,
        seed: int,
        window_ms: int = 30 * MINUTE_MS,
        refresh_ms: int = DAY_MS,
    ) -> None:
        self._settings, self._window_ms, self._refresh_ms = settings, window_ms, refresh_ms
        self.arms = LayoutArms.empty(policies, layouts)
        self._offered = np.ones((policies, layouts), dtype=np.bool_)
        self._random = np.random.default_rng([seed, 3])
        self._probabilities = np.full((policies, layouts), 1 / layouts)
        self._refreshed_ms = 0
        self._policy, self._layout, self._at_ms = (np.full(visitors, -1) for _ in range(3))

    def choose(self, policy: Ints, at_ms: Ints) -> Decisions:
        """A layout for each of n visitors, drawn by its policy's probabilities."""
        if len(at_ms) and at_ms[-1] - self._refreshed_ms >= self._refresh_ms:
            self._refresh(int(at_ms[-1]))
        p = self._probabilities[policy]
        layout = self._drawn(p)
        return Decisions(policy, layout, p[np.arange(len(p)), layout])

    def _drawn(self, p: Floats) -> Ints:
        """(n,) layouts by their probabilities (n, L)."""
        below = np.cumsum(p, axis=1) / p.sum(axis=1, keepdims=True)
        return np.asarray(np.minimum((below < self._random.random((len(p), 1))).sum(axis=1), p.shape[1] - 1))

    def _refresh(self, at_ms: int) -> None:
        seed = int(self._random.integers(2**31))
        self._probabilities = sampling_probabilities(self.arms, self._offered, self._settings, False, seed)
        self._refreshed_ms = at_ms

    def exposed(self, visitor: Ints, policy: Ints, layout: Ints, at_ms: Ints) -> None:
        """Count exposures, and remember each visitor's."""
        self._policy[visitor], self._layout[visitor], self._at_ms[visitor] = policy, layout, at_ms
        self._learn(visitor, exposures=1.0, conversions=0.0)

    def behaved(self, behaviors: Behaviors) -> None:
        """Credit purchases."""
        bought = behaviors.only(behaviors.behavior == PURCHASE)
        who, first = np.unique(bought.visitor, return_index=True)
        away_ms = bought.at_ms[first] - self._at_ms[who]
        who = who[(self._policy[who] >= 0) & (away_ms >= 0) & (away_ms <= self._window_ms)]
        self._learn(who, exposures=0.0, conversions=1.0)
        self._policy[who] = -1

    def _learn(self, visitor: Ints, exposures: float, conversions: float) -> None:
        """From the latest exposures of n visitors, (n,)."""
        n, arm = len(visitor), (self._policy[visitor], self._layout[visitor])
        each = np.full(n, exposures), np.full(n, conversions), np.full(n, conversions)
        outcomes = Outcomes(*arm, self._at_ms[visitor], *each)
        self.arms = update_arms(self.arms, outcomes, self._settings.half_life_ms)

    @property
    def probabilities(self) -> Floats:
        """(P, L) as of the last refresh."""
        return self._probabilities
