"""What a place is worth by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.articles.place_bias import MOST_PLACES, PlaceBias, blind_picks, count_places

DAY_MS = 86_400_000.0


def learned(rates: list[float], lists: int = 4_000, seed: int = 1) -> PlaceBias:
    """From lists whose places are clicked at these rates, whatever stands there."""
    random = np.random.default_rng(seed)
    place = np.tile(np.arange(1, len(rates) + 1), lists)
    clicked = (random.random(len(place)) < np.tile(rates, lists)).astype(float)
    return count_places(PlaceBias.unknown(), place, clicked, 5, DAY_MS)


def test_places_are_worth_what_is_clicked_there() -> None:
    worth = learned([0.3, 0.15, 0.05]).worth
    assert worth[1:4] / worth[2] == pytest.approx([2, 1, 1 / 3], rel=0.1)


def test_the_chances_of_a_list_are_its_clicks_by_what_places_are_worth() -> None:
    place, list_of = np.array([1, 2, 3, 3, 1]), np.array([0, 0, 0, 1, 1])
    chance = blind_picks(learned([0.3, 0.15, 0.05]), place, list_of, np.array([2.0, 1.0]), np.array([3, 2]))
    assert chance[:3].sum() <= 2
    assert chance[3:].sum() == pytest.approx(1)
    assert chance[4] / chance[3] == pytest.approx(6, rel=0.2)
    assert (chance <= 1).all()


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_without_places_a_chance_is_clicks_over_length(lengths: list[int], seed: int) -> None:
    length = np.array(lengths)
    clicks = np.random.default_rng(seed).integers(0, length + 1).astype(float)
    list_of = np.repeat(np.arange(len(length)), length)
    for bias in (PlaceBias.unknown(), learned([0.3, 0.1], lists=50)):
        chance = blind_picks(bias, np.zeros(len(list_of), dtype=int), list_of, clicks, length)
        assert chance == pytest.approx((clicks / length)[list_of])


def test_an_incomplete_list_shares_what_its_length_leaves_it() -> None:
    chance = blind_picks(
        PlaceBias.unknown(), np.array([0, 0]), np.array([0, 0]), np.array([1.0]), np.array([4])
    )
    assert chance == pytest.approx([0.25, 0.25])


def test_a_half_life_halves_and_no_place_counts_for_nothing() -> None:
    before = learned([0.3, 0.1], lists=100)
    after = count_places(before, np.array([0, 0]), np.array([1.0, 0.0]), 5 + round(DAY_MS), DAY_MS)
    assert after.shown == pytest.approx(before.shown / 2)
    assert after.clicked == pytest.approx(before.clicked / 2)
    assert count_places(after, np.array([900]), np.ones(1), 0, DAY_MS).clicked[MOST_PLACES] == 1


def test_no_impressions_have_no_chances() -> None:
    none = np.zeros(0, dtype=int)
    assert blind_picks(PlaceBias.unknown(), none, none, np.zeros(0), none).shape == (0,)
