"""What the loop asks of whoever decides: the product, a baseline, an oracle; here or through Redis."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tidemark.simulate.tastes import Floats, Ints


@dataclass(frozen=True)
class Behaviors:
    """m events, in time order for each visitor; all (m,).

    behavior : numbers of `schemas.behaviors.BEHAVIORS`.
    """

    visitor: Ints
    shop: Ints
    category: Ints
    behavior: Ints
    at_ms: Ints

    def __len__(self) -> int:
        return len(self.visitor)

    def only(self, kept: np.typing.NDArray[np.bool_]) -> "Behaviors":
        """The events that are `kept` (m,)."""
        columns = (self.visitor, self.shop, self.category, self.behavior, self.at_ms)
        return Behaviors(*(column[kept] for column in columns))


@dataclass(frozen=True)
class Decisions:
    """Of n visitors, all (n,).

    policy : number of the policy that chose: of the shop and the segment. layout : of the shop. propensity :
    with which it was chosen.
    """

    policy: Ints
    layout: Ints
    propensity: Floats


class Storefront(Protocol):
    """Sees what visitors do, and says what each is shown."""

    def behaved(self, behaviors: Behaviors) -> None:
        """Visitors touched or bought items."""

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        """Layouts for n distinct visitors, all (n,); they have behaved at least once."""

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        """They were shown these layouts."""
