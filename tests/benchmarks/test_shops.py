"""The shops of the benchmark are as large as it says."""

from collections import Counter

import pytest

from benchmarks.shops import HOT, HOT_SHARE, SMALL, shop


def test_a_hot_shop_has_nine_tenths_and_small_ones_about_as_much_each() -> None:
    visitors = [f"visitor {number}" for number in range(50_000)]
    hot = Counter(shop(visitor, "hot") for visitor in visitors)
    assert hot[HOT] / len(visitors) == pytest.approx(HOT_SHARE, abs=0.01)
    small = Counter(shop(visitor, "small") for visitor in visitors)
    assert SMALL * 0.98 < len(small) <= SMALL
    assert max(small.values()) < 25
    assert HOT not in small


def test_a_visitor_stays_at_one_shop() -> None:
    assert shop("林", "small") == shop("林", "small")
