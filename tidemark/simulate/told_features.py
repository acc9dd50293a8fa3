"""The product's linear bandit on features that somebody tells it: demographics, or true tastes."""

from collections.abc import Callable

import numpy as np

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from tidemark.simulate.affinity_policies import AffinityPolicies
from tidemark.simulate.parameters import Parameters
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Floats, Ints

Told = Callable[[Ints], Floats]
"""(n,) visitors -> (n, K) features."""


class ToldFeatures:
    """Has K features of each visitor in place of affinities; the shops have no segments."""

    def __init__(
        self,
        told: Told,
        features: int,
        parameters: Parameters,
        bandit: BanditSettings,
        linear: LinearSettings,
        seed: int,
    ) -> None:
        p, self._told, self._features = parameters, told, features
        self._policies = AffinityPolicies(p.shops, features, p.layouts, p.visitors, bandit, linear, seed)

    def behaved(self, behaviors: Behaviors) -> None:
        self._policies.behaved(behaviors)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        return self._policies.choose_by(self._told(visitor), np.asarray(shop * self._features), at_ms)

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:  # noqa: ARG002
        self._policies.exposed_to(self._told(visitor), visitor, decisions.policy, decisions.layout, at_ms)


def one_hot(*levels: Ints) -> Floats:
    """(V, K) of one attribute or more, (V,) each: 1 for the level that a visitor has."""
    return np.concatenate([np.eye(int(of.max()) + 1)[of] for of in levels], axis=1)
