"""What the client answers when it is asked what a visitor prefers."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["visitor", "prior", "unavailable"]


@dataclass(frozen=True)
class Preference:
    """One value of a facet.

    weight : the visitor's decayed weight of it, as of `Preferences.at`; at "mix" that of the longest horizon.
    share : the share of the facet that it is expected to have, between 0 and 1: at "mix" of what the visitor
        takes next, as it was learned; at a horizon by Gamma-Poisson.
    """

    value: str
    weight: float
    share: float


@dataclass(frozen=True)
class Preferences:
    """What one visitor prefers in one facet, strongest first.

    source : "visitor": of this visitor. "prior": the visitor is unknown in this facet, these are everybody's
        shares. "unavailable": Redis did not answer in time (`reason` says more), these are everybody's shares
        as last known, or none.
    horizon : "mix", or the one that was asked for; the longest where nothing of a mix was learned yet.
    total : decayed weight of the whole facet as of `at`, of which the weights are parts.
    at : epoch milliseconds. latest_event : of the visitor, epoch milliseconds; None for an unknown one.
    prior_at : epoch milliseconds of event time as of which the prior was estimated; None: there is none yet.
    generation : all of it is of this one; None: nothing is known.
    """

    visitor: str
    facet: str
    horizon: str
    items: tuple[Preference, ...]
    source: Source
    total: float
    at: int
    latest_event: int | None
    prior_at: int | None
    reason: str = ""
    generation: int | None = None

    @property
    def known(self) -> bool:
        """Whether these are the visitor's own."""
        return self.source == "visitor"
