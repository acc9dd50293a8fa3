"""The features of the shared click model, in groups, from what impressions read as they arrived.

All are logarithms, log-odds or products of such, of order one, so that one prior variance suits them and
none is scaled by what the data turn out to be. A group can be left out; three tracks differ by what is known
when a list is made: its length (it was fixed before display), its articles, or neither.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from operators.maths.article_models import Statistics
from operators.maths.bayesian_logistic import sums_by
from operators.maths.segment_scores import Floats, Ints

SMOOTHING = 2.0
"""Clicks, and chances, that an article is taken to have had before its first (Gamma-Poisson of mean 1)."""

CHANCE_STRENGTH = 5.0
"""Impressions of everybody's mean chance that an article is taken to have had before its first."""

USUAL_LENGTH = np.log(20.0)
LENGTH_KNOTS = np.log([4.0, 8.0, 16.0, 32.0, 64.0])
HISTORY_KNOTS = np.log1p([3.0, 10.0, 30.0])
LARGEST = 30.0
"""Bound of any feature."""


class Group(StrEnum):
    """Ingredients; `RATES` and what is made of it are the article's decayed rates."""

    RATES = "decayed rates"
    SHOWN = "impressions and age"
    HISTORY = "length of the history"
    AFFINITY = "reader's affinity"
    OWN_MODEL = "the article's own model"
    CONTEXT = "the lists it was in"
    OVERLAP = "overlap of lists"
    COMPETITION = "competition in the list"
    LENGTH = "length of the list"
    GUESSED_LENGTH = "length guessed from the articles"


OF_THE_LIST = {Group.OVERLAP, Group.COMPETITION, Group.LENGTH, Group.GUESSED_LENGTH}
PLAIN = frozenset(Group) - OF_THE_LIST
SLATE = frozenset(Group) - {Group.LENGTH}
WITH_LENGTH = frozenset(Group) - {Group.GUESSED_LENGTH}


@dataclass(frozen=True)
class Lists:
    """The lists of n impressions, all (n,).

    list : index. length : of the list. history : how many articles the reader is known to have clicked.
    mean_chance : everybody's k/L as of its arrival, above 0.
    """

    list: Ints
    length: Ints
    history: Ints
    mean_chance: Floats


def features(statistics: Statistics, lists: Lists, groups: frozenset[Group]) -> Floats:
    """(n, d): an intercept, then the groups' columns in the order of `Group`; finite, within ±LARGEST."""
    columns = [np.ones((len(lists.list), 1))]
    columns += [_COLUMNS[group](statistics, lists) for group in Group if group in groups]
    return np.clip(
        np.nan_to_num(np.concatenate(columns, axis=1), posinf=LARGEST, neginf=-LARGEST), -LARGEST, LARGEST
    )


def hinges(x: Floats, knots: Floats) -> Floats:
    """(n, 1 + knots): a piecewise linear function of x (n,) is a sum of these."""
    return np.column_stack([x, *(np.maximum(x - knot, 0) for knot in knots)])


def _rates(statistics: Statistics, _: Lists) -> Floats:
    found = statistics.counts
    return np.asarray(np.log((found.clicks + SMOOTHING) / (found.chances + SMOOTHING)))


def _shown(statistics: Statistics, _: Lists) -> Floats:
    return np.column_stack([np.log1p(statistics.counts.shown), np.log1p(statistics.counts.age_h)])


def _history(statistics: Statistics, lists: Lists) -> Floats:
    known = np.log1p(lists.history)
    return np.column_stack([hinges(known, HISTORY_KNOTS), known[:, None] * _shown(statistics, lists)])


def _affinity(statistics: Statistics, _: Lists) -> Floats:
    return statistics.by_reader[:, None]


def _own_model(statistics: Statistics, _: Lists) -> Floats:
    return np.column_stack([statistics.departure, statistics.variance])


def _context(statistics: Statistics, lists: Lists) -> Floats:
    found, prior = statistics.counts, CHANCE_STRENGTH * lists.mean_chance[:, None]
    return np.asarray(np.log((found.chances + prior) / (found.labelled + CHANCE_STRENGTH)))


def _overlap(statistics: Statistics, _: Lists) -> Floats:
    return statistics.by_list


def _competition(statistics: Statistics, lists: Lists) -> Floats:
    """Means over the list of what its articles' rates, impressions and ages are."""
    return _mean_of_list(np.column_stack([_rates(statistics, lists), _shown(statistics, lists)]), lists)


def _length(statistics: Statistics, lists: Lists) -> Floats:
    """The length, and what all evidence on the article is worth in longer lists."""
    log_length = np.log(lists.length)
    worth = (log_length - USUAL_LENGTH)[:, None] * _evidence(statistics, lists)
    return np.column_stack([hinges(log_length, LENGTH_KNOTS), worth])


def _guessed_length(statistics: Statistics, lists: Lists) -> Floats:
    """The same from the lists that the articles were in before: a chance is about one over a length."""
    log_chance = _mean_of_list(_context(statistics, lists), lists)
    worth = (log_chance[:, 1] + USUAL_LENGTH)[:, None] * _evidence(statistics, lists)
    return np.column_stack([log_chance, worth])


def _evidence(statistics: Statistics, lists: Lists) -> Floats:
    of = (_rates, _affinity, _overlap, _own_model)
    return np.concatenate([columns(statistics, lists) for columns in of], axis=1)


def _mean_of_list(columns: Floats, lists: Lists) -> Floats:
    _, place = np.unique(lists.list, return_inverse=True)
    summed = sums_by(place, int(place.max(initial=-1)) + 1)
    return np.asarray((summed(columns) / summed(np.ones((len(place), 1))))[place])


_COLUMNS = {
    Group.RATES: _rates,
    Group.SHOWN: _shown,
    Group.HISTORY: _history,
    Group.AFFINITY: _affinity,
    Group.OWN_MODEL: _own_model,
    Group.CONTEXT: _context,
    Group.OVERLAP: _overlap,
    Group.COMPETITION: _competition,
    Group.LENGTH: _length,
    Group.GUESSED_LENGTH: _guessed_length,
}
