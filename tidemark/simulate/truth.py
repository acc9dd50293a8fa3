"""Storefronts that need not learn: one knows the true probabilities, one shows every layout as often."""

import numpy as np

from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Ints
from tidemark.simulate.world import World


class Oracle:
    """Shows each visitor the layout that most probably converts the visit."""

    def __init__(self, world: World) -> None:
        self._world = world

    def behaved(self, behaviors: Behaviors) -> None:
        """Has nothing to learn."""

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:  # noqa: ARG002
        return Decisions(visitor, self._world.conversion(visitor).argmax(axis=1), np.ones(len(visitor)))

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        """Has nothing to learn."""


class Chance:
    """Draws among the layouts."""

    def __init__(self, layouts: int, seed: int) -> None:
        self._layouts, self._random = layouts, np.random.default_rng([seed, 2])

    def behaved(self, behaviors: Behaviors) -> None:
        """Learns nothing."""

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:  # noqa: ARG002
        n = len(visitor)
        layout = self._random.integers(0, self._layouts, n)
        return Decisions(shop, layout, np.full(n, 1 / self._layouts))

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        """Learns nothing."""
