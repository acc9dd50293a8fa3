"""Shoppers made up: what the evaluations should find in them is known."""

import numpy as np
import pytest

from tests.operators.maths.segments.segment_strategies import shoppers
from tidemark.evaluate.baskets import DAY_MS, START_MS, Baskets

DAYS, VISITORS, VALUES, KINDS = 24, 40, 12, 3


@pytest.fixture(scope="session")
def baskets() -> Baskets:
    """Each visitor buys every third day, three distinct categories after its taste; day 13 is a holiday."""
    counts, _ = shoppers(VISITORS, KINDS, VALUES, seed=2, purchases=500)
    random, rows = np.random.default_rng(1), []
    for day in [day for day in range(DAYS) if day != 13]:
        for visitor in range(day % 3, VISITORS, 3):
            bought = random.choice(
                VALUES, 3, replace=False, p=(counts[visitor] + 1) / (counts[visitor] + 1).sum()
            )
            at_ms = START_MS + day * DAY_MS + 60_000 * visitor
            rows += [(visitor, day * 1000 + visitor, category, at_ms) for category in sorted(bought)]
    visitor, basket, category, at_ms = np.array(rows).T
    names = [f"category {c}" for c in range(VALUES)]
    return Baskets(visitor, basket, category, at_ms, names, [f"household {v}" for v in range(VISITORS)])
