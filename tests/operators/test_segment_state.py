"""Shops go into keyed state and come back as they were."""

import numpy as np
import pytest
from hypothesis import given

from operators.maths.segment_models import SegmentModels
from operators.maths.update_segments import SegmentSettings, update_segments
from operators.segment_state import stack_models, unstack_models
from state.segment_model import SegmentModel
from tests.operators.maths.segment_strategies import models, numbers_of_visits, seeds, visits


@given(seed=seeds, n=numbers_of_visits)
def test_shops_come_back_from_their_bytes_as_they_went(seed: int, n: int) -> None:
    state, _ = update_segments(models(seed), visits(n, seed), SegmentSettings(smoothing=20.0))
    blobs = [shop.to_bytes() for shop in unstack_models(state, np.array([1, 2, 3]), np.array([1, 0.9, 0.5]))]
    kept = [SegmentModel.from_bytes(blob) for blob in blobs]
    again = stack_models(kept)
    for name in vars(state):
        np.testing.assert_array_equal(getattr(again, name), getattr(state, name))
    assert [shop.refitted_at for shop in kept] == [1, 2, 3]
    assert [shop.threshold for shop in kept] == [1, 0.9, 0.5]


def test_a_shop_that_has_seen_nothing_can_be_kept() -> None:
    (kept,) = unstack_models(SegmentModels.empty(1, 2, 3), np.zeros(1, dtype=np.int64), np.ones(1))
    assert SegmentModel.from_bytes(kept.to_bytes()) == kept


def test_shops_of_different_shapes_are_refused() -> None:
    first, second = (
        unstack_models(SegmentModels.empty(1, k, 3), np.zeros(1, dtype=np.int64), np.ones(1))[0]
        for k in (2, 4)
    )
    with pytest.raises(ValueError, match="same shape"):
        stack_models([first, second])
