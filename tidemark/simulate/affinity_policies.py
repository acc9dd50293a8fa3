"""The layout bandit on visitors' affinities in this process, as job and storefront have it."""

from dataclasses import replace

import numpy as np

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import (
    LinearSettings,
    choice_probabilities,
    features,
    moments,
    posterior,
    sums_width,
    update_sums,
    values,
)
from tidemark.simulate.policies import Policies
from tidemark.simulate.storefront import Decisions
from tidemark.simulate.tastes import Floats, Ints


class AffinityPolicies(Policies):
    """B shops of K segments each, numbered shop by shop: `Policies` of these, and a linear model a shop.

    Until a shop has earned anything, its segments choose. The posterior is that of each batch, as in the job.
    """

    def __init__(
        self,
        shops: int,
        segments: int,
        layouts: int,
        visitors: int,
        settings: BanditSettings,
        linear: LinearSettings,
        seed: int,
    ) -> None:
        super().__init__(shops * segments, layouts, visitors, settings, seed)
        self._segments, self._linear = segments, linear
        self._sums = np.zeros((shops, layouts, sums_width(segments)))
        self._latest_ms = np.zeros(shops, dtype=np.int64)
        self._phi = np.zeros((visitors, segments + 1))

    def choose_by(self, affinities: Floats, policy: Ints, at_ms: Ints) -> Decisions:
        """A layout for each of n visitors, drawn by the probabilities of its affinities (n, K)."""
        by_segment = self.choose(policy, at_ms)
        layout, propensity = by_segment.layout.copy(), by_segment.propensity.copy()
        shop, known = policy // self._segments, posterior(self._sums, False, self._linear)
        for number in np.flatnonzero(known.known):
            here = np.flatnonzero(shop == number)
            value = values(known.mean[number], known.covariance[number], features(affinities[here]))
            p = choice_probabilities(*value, self._linear)
            layout[here] = self._drawn(p)
            propensity[here] = p[np.arange(len(here)), layout[here]]
        return replace(by_segment, layout=layout, propensity=propensity)

    def exposed_to(self, affinities: Floats, visitor: Ints, policy: Ints, layout: Ints, at_ms: Ints) -> None:
        """As `exposed`; affinities : (n, K) on which was decided."""
        self._phi[visitor] = features(affinities)
        self.exposed(visitor, policy, layout, at_ms)

    def _learn(self, visitor: Ints, exposures: float, conversions: float) -> None:
        super()._learn(visitor, exposures, conversions)
        n, arm = len(visitor), (self._policy[visitor] // self._segments, self._layout[visitor])
        each = np.full(n, exposures), np.full(n, conversions), np.full(n, conversions)
        self._sums, self._latest_ms = update_sums(
            self._sums,
            self._latest_ms,
            arm,
            self._at_ms[visitor],
            moments(self._phi[visitor], *each),
            self._linear.half_life_ms,
        )
