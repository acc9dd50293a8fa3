"""The real shoppers, the way the evaluations see them."""

import numpy as np
import pytest

from tidemark.evaluate.baskets import MID_YEAR, Baskets, complete_journey
from tidemark.evaluate.fixed_labels import by_chance, by_demographics, score_fixed
from tidemark.evaluate.shops import Span


@pytest.fixture(scope="module")
def known() -> Baskets:
    return complete_journey(with_demographics=True)


def test_the_second_half_has_the_baskets_that_are_published() -> None:
    found = complete_journey(with_demographics=False)
    assert len(np.unique(found.basket[found.day >= MID_YEAR])) == 71_607


def test_a_basket_holds_each_category_once_and_time_goes_on(known: Baskets) -> None:
    pairs = known.basket * len(known.names) + known.category
    assert len(np.unique(pairs)) == len(pairs)
    assert (np.diff(known.at_ms) >= 0).all()
    assert "FUEL" not in known.names


def test_every_household_told_and_bought_in_both_halves(known: Baskets) -> None:
    first, second = (np.unique(known.visitor[half]) for half in (known.day < MID_YEAR, known.day >= MID_YEAR))
    assert len(first) == len(second) == len(known.households) == 799


def test_a_day_is_the_entries_of_that_day(known: Baskets) -> None:
    rows = known.of_day(40)
    assert (known.day[rows] == 40).all()
    assert rows.stop - rows.start == (known.day == 40).sum()


def test_income_says_more_than_chance_and_chance_says_nothing_of_strangers(known: Baskets) -> None:
    span = Span(20, 30)
    half_life_ms = 90 * 86_400_000
    chance = by_chance(len(known.households), 8, (1,))
    income = by_demographics(known, ["income"])
    assert len(np.unique(income)) == 12
    by_luck, _ = score_fixed(chance, known, half_life_ms, 2500.0, span, lambda: None)
    by_income, _ = score_fixed(income, known, half_life_ms, 2500.0, span, lambda: None)
    assert by_income.mean[0] > by_luck.mean[0] > 0
    assert by_luck.mean_left_out[0] < 0
