"""The product's bandit on what visitors are really after: what is lost beside it, vectors do not tell."""

import numpy as np

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from tidemark.simulate.affinity_policies import AffinityPolicies
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Ints
from tidemark.simulate.world import World


class ToldTastes:
    """Has each visitor's tastes in place of affinities; of segments it has one a factor, and uses none."""

    def __init__(self, world: World, bandit: BanditSettings, linear: LinearSettings) -> None:
        p = world.parameters
        self._world, self._factors = world, p.factors
        self._policies = AffinityPolicies(
            p.shops, p.factors, p.layouts, p.visitors, bandit, linear, world.seed
        )

    def behaved(self, behaviors: Behaviors) -> None:
        self._policies.behaved(behaviors)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        tastes = self._world.tastes.latest(visitor)
        return self._policies.choose_by(tastes, np.asarray(shop * self._factors), at_ms)

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:  # noqa: ARG002
        tastes = self._world.tastes.latest(visitor)
        self._policies.exposed_to(tastes, visitor, decisions.policy, decisions.layout, at_ms)
