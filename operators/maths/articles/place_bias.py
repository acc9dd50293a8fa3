"""How much a place in a list is worth by itself, so that a good place is not taken for a good article.

A blind reader picks by place: with the click rates of places over all lists, each smoothed towards that of
all (Gamma-Poisson). That is the position-based model (Craswell, Zoeter, Taylor, Ramsey, WSDM 2008) with rates
instead of a fit: where better articles always stand first, some of their merit is taken for their place's.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.bayesian_logistic import sums_by

MOST_PLACES = 64  # further down all are one
NO_PLACE = 0  # the data have none, and none is made up
STRENGTH = 50.0
"""Impressions that a place is taken to have had, at everybody's rate, before its first."""


@dataclass(frozen=True)
class PlaceBias:
    """shown, clicked : (MOST_PLACES + 1,) decayed counts by place as of at_ms; zero of `NO_PLACE`."""

    shown: Floats
    clicked: Floats
    at_ms: int = 0

    @classmethod
    def unknown(cls) -> "PlaceBias":
        return cls(np.zeros(MOST_PLACES + 1), np.zeros(MOST_PLACES + 1))

    @property
    def worth(self) -> Floats:
        """(MOST_PLACES + 1,) relative to the average; 1 where nothing is known."""
        mean = max(self.clicked.sum() / max(self.shown.sum(), 1e-12), 1e-12)
        found = (self.clicked + STRENGTH * mean) / (self.shown + STRENGTH) / mean
        return np.where(self.shown.sum() > 0, found, 1.0)


def blind_picks(bias: PlaceBias, place: Ints, list_of: Ints, clicks: Floats, length: Ints) -> Floats:
    """(n,) chances of impressions, at most 1: what each is worth to a reader who picks by place alone.

    place, list_of : (n,). clicks, length : (l,) of the lists. Without places it is clicks over length.
    """
    worth = bias.worth[np.minimum(place, MOST_PLACES)]
    summed = sums_by(list_of, len(length))
    total, shown = summed(worth), summed(np.ones(len(place)))
    each = clicks * shown / length / np.maximum(total, 1e-12)
    return np.asarray(np.minimum(worth * each[list_of], 1.0))


def count_places(bias: PlaceBias, place: Ints, clicked: Floats, at_ms: int, half_life_ms: float) -> PlaceBias:
    """After the outcomes of n impressions, as of event time `at_ms`."""
    left = 2.0 ** (-max(at_ms - bias.at_ms, 0) / half_life_ms)
    known = place != NO_PLACE
    where, size = np.minimum(place[known], MOST_PLACES), MOST_PLACES + 1
    return PlaceBias(
        left * bias.shown + np.bincount(where, minlength=size),
        left * bias.clicked + np.bincount(where, clicked[known], size),
        max(at_ms, bias.at_ms),
    )
