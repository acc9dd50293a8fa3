"""Segments that stay, such as demographics, with the product's bandit: what the product has to beat."""

from operators.maths.layouts.layout_bandit import BanditSettings
from tidemark.simulate.policies import Policies
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Ints


class StaticSegments:
    """segment : (V,) of each visitor, for good. shops : how many; each has policies of its own."""

    def __init__(self, segment: Ints, shops: int, layouts: int, settings: BanditSettings, seed: int) -> None:
        self._segment, self._segments = segment, int(segment.max()) + 1
        self._policies = Policies(shops * self._segments, layouts, len(segment), settings, seed)

    def behaved(self, behaviors: Behaviors) -> None:
        self._policies.behaved(behaviors)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        return self._policies.choose(self._policy(visitor, shop), at_ms)

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        self._policies.exposed(visitor, self._policy(visitor, shop), decisions.layout, at_ms)

    def _policy(self, visitor: Ints, shop: Ints) -> Ints:
        return shop * self._segments + self._segment[visitor]
