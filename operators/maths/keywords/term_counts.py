"""Decayed counts of articles by term: how many had it, could have had it chosen, and did."""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.decay import log_value, value_at

COUNTS = 3  # articles, offered, chosen
NOTHING = -np.inf


@dataclass(frozen=True)
class TermVisits:
    """n occurrences: an article has a term, once. term : (n,) row. at_ms : (n,) event time of the article.

    offered : (n,) it is a candidate there, and the article has keywords by its editors.
    chosen : (n,) it is one of them.
    """

    term: Ints
    at_ms: Ints
    offered: Floats
    chosen: Floats


def add_terms(x: Floats, visits: TermVisits, half_life_ms: float) -> Floats:
    """Fold occurrences in, each x = log2 S + T/h; order is irrelevant, late ones count as decayed.

    x : (V, 3) logs of the decayed counts, −∞ for none. half_life_ms : infinity never forgets.
    """
    found = x.copy()
    each = np.stack([np.ones(len(visits.term)), visits.offered, visits.chosen], axis=1)
    logs = log_value(each, visits.at_ms[:, None], half_life_ms)
    np.logaddexp2.at(found, visits.term, logs)
    return found


def add_totals(x: Floats, amounts: Floats, at_ms: Ints, half_life_ms: float) -> Floats:
    """The same for sums over all terms. x : (c,). amounts : (n, c) of n articles. at_ms : (n,)."""
    logs = log_value(amounts, at_ms[:, None], half_life_ms)
    return np.asarray(np.logaddexp2(x, np.logaddexp2.reduce(logs, axis=0, initial=NOTHING)))


def counts_at(x: Floats, at_ms: int, half_life_ms: float) -> Floats:
    """What is left of the counts then."""
    return value_at(x, at_ms, half_life_ms)
