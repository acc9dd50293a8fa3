"""Decayed sums of articles against sums made one event at a time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.articles.click_rates import Rates, count_labelled, count_shown, counts

HOUR = 3_600_000
HALF_LIVES = np.array([HOUR, 24.0 * HOUR, np.inf])
START = 1_573_000_000_000

events = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 200 * HOUR), st.booleans(), st.floats(0.01, 1.0)), max_size=30
)


@given(events=events, cut=st.integers(0, 30), later=st.integers(0, 50 * HOUR))
@settings(max_examples=60, deadline=None)
def test_sums_are_the_definition_in_any_order_and_any_batches(
    events: list[tuple[int, int, bool, float]], cut: int, later: int
) -> None:
    rates = Rates.fresh(3, 3)
    for part in (events[:cut], events[cut:]):
        article = np.array([e[0] for e in part], dtype=int)
        at = np.array([START + e[1] for e in part], dtype=np.int64)
        rates = count_shown(rates, article, at, HALF_LIVES)
        clicked, chance = np.array([float(e[2]) for e in part]), np.array([e[3] for e in part])
        rates = count_labelled(rates, article, at, clicked, chance, np.asarray(2 * chance), HALF_LIVES)
    now = START + max((e[1] for e in events), default=0) + later
    found = counts(rates, np.arange(3), np.full(3, now), HALF_LIVES)
    for a in range(3):
        mine = [e for e in events if e[0] == a]
        weight = np.array([[2.0 ** (-(now - START - e[1]) / h) for h in HALF_LIVES] for e in mine]).reshape(
            -1, 3
        )
        np.testing.assert_allclose(found.shown[a], weight.sum(axis=0), rtol=1e-7, atol=1e-12)
        worth = (weight * np.array([[2 * e[3]] for e in mine]).reshape(-1, 1)).sum(axis=0)
        np.testing.assert_allclose(found.labelled[a], worth, rtol=1e-7, atol=1e-12)
        clicks = (weight * np.array([[e[2]] for e in mine]).reshape(-1, 1)).sum(axis=0)
        np.testing.assert_allclose(found.clicks[a], clicks, rtol=1e-7, atol=1e-12)
        chances = (weight * np.array([[e[3]] for e in mine]).reshape(-1, 1)).sum(axis=0)
        np.testing.assert_allclose(found.chances[a], chances, rtol=1e-7, atol=1e-12)
        first = min((e[1] for e in mine), default=now - START)
        assert abs(found.age_h[a] - (now - START - first) / HOUR) < 1e-9


def test_an_article_never_shown_has_nothing_and_no_age() -> None:
    found = counts(Rates.fresh(1, 3), np.zeros(1, dtype=int), np.array([START]), HALF_LIVES)
    assert found.shown.tolist() == found.clicks.tolist() == [[0.0, 0.0, 0.0]]
    assert found.age_h.tolist() == [0.0]


def test_a_row_much_older_than_the_latest_reads_what_is_finite() -> None:
    rates = count_shown(Rates.fresh(1, 3), np.zeros(1, dtype=int), np.array([START]), HALF_LIVES)
    found = counts(rates, np.zeros(1, dtype=int), np.array([START - 5000 * HOUR]), HALF_LIVES)
    assert np.isfinite(found.shown).all()
    assert found.age_h.tolist() == [0.0]
