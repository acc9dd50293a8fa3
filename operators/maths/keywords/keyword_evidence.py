"""What speaks for each candidate phrase of an article to be a keyword: one column a kind of evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.keywords.log_odds import Group, log_odds
from operators.maths.keywords.npmi import npmi

COLUMNS = (
    "intercept",
    "rarity",
    "text_rank",
    "npmi",
    "log_odds",
    "two words",
    "three words",
    "repeats",
    "place",
    "length",
)
PRIOR_MEAN = {
    "intercept": -5.0,
    "rarity": 2.0,
    "text_rank": 0.5,
    "npmi": 1.0,
    "log_odds": 0.7,
    "two words": -3.0,
    "three words": -5.0,
    "repeats": 2.0,
    "place": -1.0,
}
"""Before any editor has chosen: rare, central, cohesive, repeated, early, rather a word than a phrase."""

BELIEF = 2.0
"""Articles that the prior of a phrase's choice rate is worth."""

LEFT_PER_CHOSEN = 20.0
"""Phrases that editors leave for one they choose, before anything was seen."""


@dataclass(frozen=True)
class Candidates:
    """m candidates over V terms, which are all words and candidates of the batch.

    term : (m,) the term that the candidate is. words : (m, 3) the terms of its words, -1 where it has fewer.
    rank : (m,) TextRank summed over its words. place : (m,) words before it, over words in the text.
    length : (m,) characters. times : (m,) how often it stands in the text.
    kinds : (m, 2) parts of speech of its first and last word, -1 for another than the K that are told apart.
    """

    term: Ints
    words: Ints
    rank: Floats
    place: Floats
    length: Floats
    times: Floats
    kinds: Ints


@dataclass(frozen=True)
class Statistics:
    """Decayed counts of articles.

    articles : (V,) that have the term. offered : (V,) those of them that have keywords by their editors.
    chosen : (V,) those of them whose keyword it is. total : articles in all.
    total_offered, total_chosen : sums of the two over all terms.
    """

    articles: Floats
    offered: Floats
    chosen: Floats
    total: float
    total_offered: float
    total_chosen: float


def keyword_evidence(candidates: Candidates, statistics: Statistics, kinds: int) -> Floats:
    """(m, 10 + 2 K), every column of the order of 1, finite whatever the counts are.

    log_odds : of the term among what editors chose over what they left (Monroe et al. 2008), with a prior
    of everybody's rate; 0 for a term never seen. npmi : of the candidate's words; 0 for a single word.
    """
    term, length = candidates.term, (candidates.words >= 0).sum(axis=1)
    articles = statistics.articles[term]
    apart = np.where(candidates.words >= 0, statistics.articles[candidates.words], np.nan)
    evidence = [
        np.ones(len(term)),
        np.log((statistics.total + 1) / (articles + 0.5)) / 5,
        candidates.rank / 3,
        npmi(articles, apart, statistics.total),
        _chosen(statistics, term),
        length == 2,
        length == 3,
        np.log(np.maximum(candidates.times, 1.0)),
        candidates.place,
        np.minimum(candidates.length, 16) / 4,
    ]
    one_hot = [candidates.kinds[:, end, None] == np.arange(kinds) for end in (0, 1)]
    return np.asarray(np.concatenate([np.stack(evidence, axis=1), *one_hot], axis=1), dtype=np.float64)


def columns(kinds: int) -> list[str]:
    """The names of the columns; those of parts of speech are all called `kind`."""
    return [*COLUMNS, *["kind"] * (2 * kinds)]


def prior_mean(kinds: Sequence[float]) -> Floats:
    """(10 + 2 K,) weights before anything was learned. kinds : (K,) those of the parts of speech."""
    return np.array([*(PRIOR_MEAN.get(name, 0.0) for name in COLUMNS), *kinds, *kinds])


def _chosen(statistics: Statistics, term: Ints) -> Floats:
    """Log-odds of each term among what editors chose, over what they left."""
    chosen = statistics.chosen[term]
    left = np.maximum(statistics.offered[term] - chosen, 0.0)
    # A sum is at least its part, but for terms that share a row.
    all_chosen = np.maximum(statistics.total_chosen, chosen) + 1.0
    all_left = np.maximum(statistics.total_offered - statistics.total_chosen, left) + LEFT_PER_CHOSEN
    of_left: Floats = np.full(len(term), BELIEF)
    of_chosen = of_left * all_chosen / all_left
    return log_odds(
        Group(chosen, all_chosen, of_chosen, 2 * of_chosen), Group(left, all_left, of_left, 2 * of_left)
    ).delta
