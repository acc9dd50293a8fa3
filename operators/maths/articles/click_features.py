"""The features of the shared click model, in groups, from what impressions read as they arrived.

All are logarithms, log-odds or products of such, of order one, so that one prior variance suits them and
none is scaled by what the data turn out to be. A group can be left out; three tracks differ by what is known
when a list is made: its length (it was fixed before display), its articles, or neither.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_memory import OVERLAP_POWERS
from operators.maths.articles.article_models import Statistics
from operators.maths.articles.click_rates import Counts
from operators.maths.bayesian_logistic import sums_by
from schemas.article_terms import LEVELS

SMOOTHING = 2.0
"""Clicks, and chances, that an article is taken to have had before its first (Gamma-Poisson of mean 1)."""

CHANCE_STRENGTH = 5.0
"""Impressions of everybody's mean chance that an article is taken to have had before its first."""

RATE_STRENGTH = 50.0
"""Impressions that an article is taken to have had before its first, at `NEW` of everybody's click rate."""

NEW = 0.7
"""What an article that nobody has seen is worth, of what is shown: storefronts show the best they know."""

USUAL_LENGTH = np.log(20.0)
LENGTH_KNOTS = np.log([4.0, 8.0, 16.0, 32.0, 64.0])
HISTORY_KNOTS = np.log1p([3.0, 10.0, 30.0])
LARGEST = 30.0
"""Bound of any feature."""


class Group(StrEnum):
    """Ingredients; later ones are made of earlier ones too."""

    CLICK_RATES = "decayed click rates"
    RATES = "decayed rates"
    SHOWN = "impressions and age"
    HISTORY = "length of the history"
    AFFINITY = "reader's affinity"
    OWN_MODEL = "the article's own model"
    START = "where the article's own model started"
    MATCH = "tastes for its tags and keywords"
    CONTEXT = "the lists it was in"
    OVERLAP = "overlap of lists"
    COMPETITION = "competition in the list"
    LENGTH = "length of the list"
    GUESSED_LENGTH = "length guessed from the articles"


OF_THE_LIST = {Group.OVERLAP, Group.COMPETITION, Group.LENGTH, Group.GUESSED_LENGTH}
EVIDENCE = (Group.RATES, Group.AFFINITY, Group.OVERLAP, Group.OWN_MODEL)
OF_CHANCE = frozenset(Group) - {Group.CLICK_RATES, Group.START, Group.MATCH}
"""All is taken against chance: made for lists that are recorded because something was clicked."""

PLAIN = OF_CHANCE - OF_THE_LIST
SLATE = OF_CHANCE - {Group.LENGTH}
WITH_LENGTH = OF_CHANCE - {Group.GUESSED_LENGTH}
SERVED = PLAIN - {Group.AFFINITY} | {Group.CLICK_RATES, Group.START, Group.MATCH}
"""What a storefront computes from `schemas.article_scores` alone: no remembered impressions, no list."""


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
    """(n, d): an intercept, then the groups' columns in the order of `Group`; finite, within ±LARGEST.

    What is made of a group goes with it: without rates, competition and length know nothing of rates.
    """
    found = _columns(statistics, lists, groups).values()
    X = np.concatenate([np.ones((len(lists.list), 1)), *found], axis=1)
    return np.asarray(np.clip(np.nan_to_num(X, posinf=LARGEST, neginf=-LARGEST), -LARGEST, LARGEST))


@cache
def places(groups: frozenset[Group], half_lives: int) -> dict[Group, slice]:
    """Which columns of `features` are each group's; column 0 is the intercept."""
    none, sums, overlap = np.zeros(0), np.zeros((0, half_lives)), np.zeros((0, len(OVERLAP_POWERS)))
    nothing = Statistics(
        Counts(sums, sums, sums, sums, none), none, overlap, none, none, np.zeros((0, LEVELS))
    )
    whole = none.astype(np.int64)
    widths = _columns(nothing, Lists(whole, whole, whole, none), groups)
    start, found = 1, {}
    for group, columns in widths.items():
        found[group] = slice(start, start + columns.shape[1])
        start += columns.shape[1]
    return found


def prior_weights(groups: frozenset[Group], half_lives: int) -> Floats:
    """(d,) what columns weigh before any outcome: what is log-odds by itself counts as such, the rest not."""
    place = places(groups, half_lives)
    found = np.zeros(max((of.stop for of in place.values()), default=1))
    for group, weight in ((Group.CLICK_RATES, 1 / half_lives), (Group.MATCH, 1.0)):
        found[place.get(group, slice(0))] = weight
    return found


def hinges(x: Floats, knots: Floats) -> Floats:
    """(n, 1 + knots): a piecewise linear function of x (n,) is a sum of these."""
    return np.column_stack([x, *(np.maximum(x - knot, 0) for knot in knots)])


Found = dict[Group, Floats]
"""Columns of the groups before."""


def _columns(statistics: Statistics, lists: Lists, groups: frozenset[Group]) -> Found:
    found: Found = {}
    for group in Group:
        if group in groups:
            found[group] = _COLUMNS[group](statistics, lists, found)
    return found


def _click_rates(statistics: Statistics, lists: Lists, _found: Found) -> Floats:
    """Clicks over impressions (Gamma-Poisson), over everybody's; an impression weighs by its reader."""
    counts, prior = statistics.counts, NEW * RATE_STRENGTH * lists.mean_chance[:, None]
    rate = (counts.clicks + prior) / (counts.labelled + RATE_STRENGTH)
    return np.asarray(np.log(rate / lists.mean_chance[:, None]))


def _rates(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    counts = statistics.counts
    return np.asarray(np.log((counts.clicks + SMOOTHING) / (counts.chances + SMOOTHING)))


def _shown(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    return np.column_stack([np.log1p(statistics.counts.shown), np.log1p(statistics.counts.age_h)])


def _history(_statistics: Statistics, lists: Lists, found: Found) -> Floats:
    known = np.log1p(lists.history)
    return np.concatenate(
        [hinges(known, HISTORY_KNOTS), known[:, None] * _joined(found, len(known), Group.SHOWN)], 1
    )


def _affinity(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    return statistics.by_reader[:, None]


def _own_model(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    return np.column_stack([statistics.departure, statistics.variance])


def _start(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    """The departure as far as it is not yet the article's own evidence: its keywords' and topics'."""
    return (statistics.departure * statistics.variance)[:, None]


def _match(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    return statistics.match


def _context(statistics: Statistics, lists: Lists, _found: Found) -> Floats:
    counts, prior = statistics.counts, CHANCE_STRENGTH * lists.mean_chance[:, None]
    return np.asarray(np.log((counts.chances + prior) / (counts.labelled + CHANCE_STRENGTH)))


def _overlap(statistics: Statistics, _lists: Lists, _found: Found) -> Floats:
    return statistics.by_list


def _competition(_statistics: Statistics, lists: Lists, found: Found) -> Floats:
    """Means over the list of what its articles' rates, impressions and ages are."""
    return _mean_of_list(_joined(found, len(lists.list), Group.RATES, Group.SHOWN), lists)


def _length(_statistics: Statistics, lists: Lists, found: Found) -> Floats:
    """The length, and what all evidence on the article is worth in longer lists."""
    log_length = np.log(lists.length)
    worth = (log_length - USUAL_LENGTH)[:, None] * _joined(found, len(log_length), *EVIDENCE)
    return np.concatenate([hinges(log_length, LENGTH_KNOTS), worth], axis=1)


def _guessed_length(statistics: Statistics, lists: Lists, found: Found) -> Floats:
    """The same from the lists that the articles were in before: a chance is about one over a length."""
    log_chance = _mean_of_list(_context(statistics, lists, found), lists)
    worth = (log_chance[:, 1] + USUAL_LENGTH)[:, None] * _joined(found, len(log_chance), *EVIDENCE)
    return np.concatenate([log_chance, worth], axis=1)


def _joined(found: Found, n: int, *groups: Group) -> Floats:
    """The columns of those groups that are in use, side by side; (n, 0) where none is."""
    return np.concatenate([np.zeros((n, 0)), *(found[group] for group in groups if group in found)], axis=1)


def _mean_of_list(columns: Floats, lists: Lists) -> Floats:
    _, place = np.unique(lists.list, return_inverse=True)
    summed = sums_by(place, int(place.max(initial=-1)) + 1)
    return np.asarray((summed(columns) / summed(np.ones((len(place), 1))))[place])


_COLUMNS = {
    Group.CLICK_RATES: _click_rates,
    Group.RATES: _rates,
    Group.SHOWN: _shown,
    Group.HISTORY: _history,
    Group.AFFINITY: _affinity,
    Group.OWN_MODEL: _own_model,
    Group.START: _start,
    Group.MATCH: _match,
    Group.CONTEXT: _context,
    Group.OVERLAP: _overlap,
    Group.COMPETITION: _competition,
    Group.LENGTH: _length,
    Group.GUESSED_LENGTH: _guessed_length,
}
