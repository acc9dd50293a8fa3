"""Shops that open, made up: what their industry says is worth most before they have learned anything."""

import numpy as np
import pytest

from tests.tidemark.evaluate.conftest import VISITORS
from tidemark.evaluate.baskets import Baskets
from tidemark.evaluate.new_shops import (
    REFITS,
    SAMPLE,
    SETTINGS,
    NewShop,
    bits_by_window,
    industry_sums,
)
from tidemark.evaluate.shops import Shops
from tidemark.evaluate.visit_stream import VisitStream


def test_without_an_industry_it_is_a_shop_like_any(baskets: Baskets) -> None:
    first, second = (VisitStream(baskets, SETTINGS.half_lives.long_ms) for _ in range(2))
    new = NewShop(first, VISITORS, np.zeros((REFITS.most, first.dimensions)))
    other = Shops(second, VISITORS, SETTINGS, REFITS, SAMPLE, seeds=(1,))
    for day, again in zip(first.days(), second.days(), strict=True):
        for shop, of in ((new, day), (other, again)):
            if len(of.who):
                shop.refit()
                shop.learn(of)
    np.testing.assert_array_equal(new.memory.segment, other.memory.segment)
    np.testing.assert_allclose(new.models.sums, other.models.sums)


def test_the_first_visits_are_told_apart_with_an_industry_and_not_without(baskets: Baskets) -> None:
    sums = industry_sums(baskets)
    assert np.count_nonzero(sums.sum(axis=1)) > 1
    with_it, without = (bits_by_window(baskets, sums * weight)[0] for weight in (1.0, 0.0))
    assert without == pytest.approx(0, abs=1e-9)
    assert with_it > 1e-4
