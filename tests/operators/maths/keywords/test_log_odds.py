"""Log-odds with an informative Dirichlet prior, against equations 15 to 22 of Monroe et al."""

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.keywords.log_odds import Group, log_odds

counts = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.floats(0.01, 5)), min_size=2, max_size=8
)


def groups(table: list[tuple[int, int, float]]) -> tuple[Group, Group]:
    one, other, prior = np.array(table, dtype=float).T
    a = float(prior.sum())
    return Group(one, float(one.sum()), prior, a), Group(other, float(other.sum()), prior, a)


@given(table=counts)
def test_it_is_the_papers_word_by_word(table: list[tuple[int, int, float]]) -> None:
    found = log_odds(*groups(table))
    a0 = sum(a for *_, a in table)
    n = [sum(row[group] for row in table) for group in (0, 1)]
    for at, (*y, a) in enumerate(table):
        terms = [log((y[i] + a) / (n[i] + a0 - y[i] - a)) for i in (0, 1)]
        deviation = sqrt(1 / (y[0] + a) + 1 / (y[1] + a))
        assert found.delta[at] == pytest.approx(terms[0] - terms[1])
        assert found.z[at] == pytest.approx((terms[0] - terms[1]) / deviation)


@given(table=counts)
def test_exchanging_the_groups_changes_the_sign(table: list[tuple[int, int, float]]) -> None:
    one, other = groups(table)
    assert log_odds(one, other).delta == pytest.approx(-log_odds(other, one).delta)


def test_equal_shares_say_nothing_and_more_counts_say_it_surer() -> None:
    few = [(1, 1, 1.0), (2, 2, 1.0)]
    assert log_odds(*groups(few)).delta == pytest.approx([0, 0])
    leaning, often = [(2, 1, 0.1), (1, 2, 0.1)], [(200, 100, 0.1), (100, 200, 0.1)]
    assert log_odds(*groups(often)).z[0] > log_odds(*groups(leaning)).z[0] > 0
