"""Shops go into keyed state and come back as they were."""

import numpy as np
import pytest
from hypothesis import given

from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.segments.segment_state import by_width, no_segments, stack_models, unstack_models, widened
from state.segment_model import SegmentModel
from tests.operators.maths.segments.segment_strategies import SHAPE, models, numbers_of_visits, seeds, visits


def shops_of_nothing() -> list[SegmentModel]:
    B, K, D = SHAPE
    return [widened(no_segments(K), D) for _ in range(B)]


@given(seed=seeds, n=numbers_of_visits)
def test_shops_come_back_from_their_bytes_as_they_went(seed: int, n: int) -> None:
    state, _ = update_segments(models(seed), visits(n, seed), SegmentSettings(smoothing=20.0))
    blobs = [shop.to_bytes() for shop in unstack_models(state, shops_of_nothing())]
    again = stack_models([SegmentModel.from_bytes(blob) for blob in blobs])
    for name in vars(state):
        np.testing.assert_array_equal(getattr(again, name), getattr(state, name))


def test_narrow_shops_are_padded_and_come_back_narrow() -> None:
    narrow, wide = widened(no_segments(2), 1), widened(no_segments(2), 3)
    stacked = stack_models([narrow, wide])
    assert stacked.sums.shape == (2, 2, 3)
    assert unstack_models(stacked, [narrow, wide]) == [narrow, wide]


def test_a_shop_keeps_what_it_holds_when_it_gets_more_dimensions() -> None:
    (shop,) = unstack_models(models(1), shops_of_nothing())[:1]
    after = widened(shop, len(shop.sales) + 2)
    np.testing.assert_array_equal(after.sums[:, :-2], shop.sums)
    assert not after.sums[:, -2:].any()


def test_shops_of_other_numbers_of_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        stack_models([no_segments(2), no_segments(4)])


def test_shops_are_updated_with_those_about_as_wide() -> None:
    shops = [widened(no_segments(2), width) for width in (3, 100, 16, 17)]
    assert by_width(shops, (16, 64)) == [[0, 2], [1], [3]]
