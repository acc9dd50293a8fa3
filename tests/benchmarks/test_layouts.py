"""What the benchmark of layouts folds is all there afterwards."""

import random

from benchmarks.layouts import LAYOUTS, fold, outcomes
from state.layout_arms import ShopLayouts


def test_every_outcome_that_is_folded_counts_once() -> None:
    state: dict[str, tuple[bytes, bytes]] = {}
    rows = outcomes(shops=5, rows=200, dice=random.Random(1))
    fold(state, rows[:120], {"shop 1": (1, LAYOUTS)})
    fold(state, rows[120:], {})
    assert sum(ShopLayouts.from_bytes(blob).absorbed for blob, _ in state.values()) == 200 + 1
