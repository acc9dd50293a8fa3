"""What speaks for a candidate to be a keyword."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.arrays import Floats
from operators.maths.keywords.keyword_evidence import (
    COLUMNS,
    Candidates,
    Statistics,
    columns,
    keyword_evidence,
    prior_mean,
)

TWO = Candidates(
    term=np.array([0, 2]),
    words=np.array([[0, -1, -1], [0, 1, -1]]),
    rank=np.array([1.5, 3.0]),
    place=np.array([0.0, 0.5]),
    length=np.array([2.0, 4.0]),
    times=np.array([1.0, 3.0]),
    kinds=np.array([[0, 0], [1, -1]]),
)
KNOWN = Statistics(
    articles=np.array([10.0, 5.0, 4.0]),
    offered=np.array([8.0, 4.0, 4.0]),
    chosen=np.array([2.0, 0.0, 1.0]),
    total=100.0,
    total_offered=400.0,
    total_chosen=40.0,
)
counts = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(np.array)


def column(name: str, statistics: Statistics = KNOWN, candidates: Candidates = TWO) -> Floats:
    return keyword_evidence(candidates, statistics, 2)[:, COLUMNS.index(name)]


def test_there_is_a_column_for_every_name_and_part_of_speech() -> None:
    X = keyword_evidence(TWO, KNOWN, 2)
    assert X.shape == (2, len(columns(2))) == (2, len(prior_mean([0.5, 0.0])))
    assert X[:, len(COLUMNS) :].tolist() == [[1, 0, 1, 0], [0, 1, 0, 0]]
    assert column("two words").tolist() == [0, 1]
    assert column("npmi")[0] == 0 < column("npmi")[1]


def test_choosing_a_term_more_often_speaks_for_it_and_leaving_it_against() -> None:
    more = replace(KNOWN, chosen=np.array([6.0, 0.0, 1.0]))
    less = replace(KNOWN, offered=np.array([80.0, 4.0, 4.0]), articles=np.array([80.0, 5.0, 4.0]))
    assert column("log_odds", more)[0] > column("log_odds")[0] > column("log_odds", less)[0]


def test_of_a_term_never_offered_nothing_is_known() -> None:
    new = replace(KNOWN, offered=np.array([0.0, 4.0, 4.0]), chosen=np.array([0.0, 0.0, 1.0]))
    assert column("log_odds", new)[0] == pytest.approx(0, abs=1e-2)


def test_rarity_falls_with_the_articles_that_have_it() -> None:
    assert column("rarity")[1] > column("rarity")[0]


@given(articles=counts, offered=counts, chosen=counts, totals=counts)
def test_it_is_finite_whatever_the_counts(
    articles: Floats, offered: Floats, chosen: Floats, totals: Floats
) -> None:
    statistics = Statistics(articles, offered, chosen, *map(float, totals))
    assert np.isfinite(keyword_evidence(TWO, statistics, 2)).all()


def test_no_candidates_have_no_evidence() -> None:
    none = np.zeros(0)
    nobody = Candidates(
        none.astype(np.int64), np.zeros((0, 3), np.int64), none, none, none, none, np.zeros((0, 2), np.int64)
    )
    assert keyword_evidence(nobody, KNOWN, 2).shape == (0, len(COLUMNS) + 4)
