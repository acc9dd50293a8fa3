"""Shops' layouts, batch by batch: the same sums whatever the batches, and what is offered and what is not."""

import json
import random
from collections.abc import Sequence

import numpy as np
import pytest

from operators.layouts.absorb_outcomes import absorb_outcomes, shop_policy
from operators.layouts.layout_state import MOST_LAYOUTS_KEPT, MOST_SEGMENTS_KEPT
from operators.layouts.outcome_rows import COLUMNS, Offers, OutcomeRows, outcomes_and_offers
from operators.maths.layouts.layout_bandit import BanditSettings
from schemas.layouts import ShopPolicy
from state.layout_arms import ShopLayouts
from tests.oracles.layouts import arms, labels
from tests.synthetic_visits import LAYOUTS, visits

SETTINGS = BanditSettings(draws=256, half_life_ms=1_800_000)
WINDOW_MS = 600_000
NO_ROWS = OutcomeRows(*[()] * 9)

Row = tuple[str, str, str, int, float, float, float, int]


def rows(*listed: Row) -> OutcomeRows:
    return OutcomeRows(*zip(*[(*row, ()) for row in listed], strict=True)) if listed else NO_ROWS


def absorbed(
    batches: Sequence[tuple[Sequence[Row], Offers]], by_revenue: bool = False
) -> dict[str, ShopLayouts]:
    """As the operator does it, through the bytes of state."""
    state: dict[str, bytes] = {}
    for listed, offers in batches:
        touched = dict.fromkeys([*(row[0] for row in listed), *offers])
        before = {s: ShopLayouts.from_bytes(state[s]) if s in state else ShopLayouts.empty() for s in touched}
        after = absorb_outcomes(before, rows(*listed), offers, SETTINGS, by_revenue)
        state |= {name: shop.to_bytes() for name, shop in after.items()}
    return {name: ShopLayouts.from_bytes(blob) for name, blob in state.items()}


def policy(shops: dict[str, ShopLayouts], name: str = "s") -> ShopPolicy:
    return shop_policy(name, shops[name], SETTINGS, by_revenue=False)


def shown(layout: str, at_ms: int = 1, segment: str = "", converted: int = 0) -> Row:
    return ("s", segment, layout, at_ms, 1.0, float(converted), 10.0 * converted, converted)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_sums_are_the_oracles_whatever_the_batches(size: int) -> None:
    exposures, behaviors = visits(300, seed=5)
    of = labels(exposures, behaviors, WINDOW_MS)
    first = {exposure["event_id"]: exposure for exposure in exposures}
    listed: list[Row] = []
    for event_id, exposure in first.items():
        arm = exposure["shop_id"], exposure["segment"] or "", exposure["layout"], exposure["event_time"]
        label = of[event_id]
        listed.append((*arm, 1.0, 0.0, 0.0, 0))
        if label.purchases:
            listed.append((*arm, 0.0, 1.0, 3.0, 1))  # one purchase first, then all of them
            listed.append((*arm, 0.0, -1.0, 3.0, -1))
            listed.append((*arm, 0.0, 1.0, label.revenue, label.purchases))
    random.Random(1).shuffle(listed)
    batches: list[tuple[Sequence[Row], Offers]] = [
        (listed[i : i + size], {}) for i in range(0, len(listed), size)
    ]
    found = absorbed(batches)
    for (name, segment), expected in arms(exposures, behaviors, WINDOW_MS, SETTINGS.half_life_ms).items():
        shop = found[name]
        for layout, sums in expected.items():
            mine = shop.sums[shop.segments.index(segment), shop.layouts.index(layout)]
            np.testing.assert_allclose(mine, sums, rtol=1e-9, atol=1e-9)
    for name, shop in found.items():
        its = [exposure for exposure in first.values() if exposure["shop_id"] == name]
        purchases = sum(of[exposure["event_id"]].purchases for exposure in its)
        assert shop.absorbed == len(its) + purchases
        assert shop.at_ms == max(exposure["event_time"] for exposure in its)


def test_what_is_offered_shows_even_before_anything_was_shown() -> None:
    found = policy(absorbed([((), {"s": (5, LAYOUTS)})]))
    assert (found.layouts, found.segments, found.at_ms, found.absorbed) == (LAYOUTS, {}, 5, 1)
    assert found.probabilities("7") == pytest.approx([1 / 3] * 3)


def test_a_layout_that_sells_is_shown_more_in_its_segment_alone() -> None:
    listed = [shown("a", i, "0", converted=i % 3 == 0) for i in range(150)]
    listed += [shown("b", i, "0") for i in range(150)] + [shown("a", 1, "1"), shown("b", 1, "1")]
    found = policy(absorbed([(listed, {"s": (1, ("a", "b"))})]))
    assert found.probabilities("0")[0] > 0.95
    assert found.probabilities("1")[0] == pytest.approx(0.5, abs=0.15)


def test_a_new_layout_is_explored_at_once_in_every_segment() -> None:
    before = [shown("a", i, segment, converted=i % 9 == 0) for segment in ("0", "1") for i in range(90)]
    found = policy(absorbed([(before, {"s": (1, ("a", "b"))}), ((), {"s": (2, ("a", "b", "new"))})]))
    for segment in ("0", "1"):
        assert found.probabilities(segment)[2] > 0.05
        assert sum(found.probabilities(segment)) == pytest.approx(1)


def test_a_removed_layout_disappears_and_what_was_known_comes_back_with_it() -> None:
    listed = [shown("a", i, converted=i % 2) for i in range(60)] + [shown("b", i) for i in range(60)]
    gone = [(listed, {"s": (1, ("a", "b"))}), ((), {"s": (2, ("b", "c"))})]
    found = policy(absorbed(gone))
    assert found.layouts == ("b", "c")
    assert len(found.segments[""]) == 2
    assert sum(found.probabilities("")) == pytest.approx(1)
    again = policy(absorbed([*gone, ((), {"s": (3, ("a", "b"))})]))
    assert again.probabilities("")[0] > 0.9


def test_an_older_decision_that_comes_later_changes_nothing() -> None:
    batches: list[tuple[Sequence[Row], Offers]] = [((), {"s": (2, ("a", "b"))})]
    older: tuple[Sequence[Row], Offers] = ((), {"s": (1, ("c", "d"))})
    assert policy(absorbed([*batches, older])) == policy(absorbed(batches))
    assert policy(absorbed([*batches, *batches])).absorbed == 1


def test_exposures_read_before_the_decision_count() -> None:
    listed = [shown("a", i, converted=i % 2) for i in range(60)] + [shown("b", i) for i in range(60)]
    found = policy(absorbed([(listed, {}), ((), {"s": (1, ("b", "a"))})]))
    assert found.layouts == ("b", "a")
    assert found.probabilities("")[1] > 0.9


def test_a_shop_that_offers_nothing_any_more_has_nothing_to_choose() -> None:
    found = policy(absorbed([([shown("a")], {"s": (1, ("a", "b"))}), ((), {"s": (2, ())})]))
    assert (found.layouts, found.segments) == ((), {})


def test_names_without_end_do_not_grow_a_shop_without_end() -> None:
    listed = [shown("a", 1), shown("b", 1)]
    for i in range(100):
        listed += [shown(f"layout {i}", 1, "0"), shown("a", 1, f"segment {i}")]
    shop = absorbed([(listed, {"s": (1, ("a", "b"))})])["s"]
    assert (len(shop.layouts), len(shop.segments)) == (MOST_LAYOUTS_KEPT, MOST_SEGMENTS_KEPT)
    assert {"a", "b"} <= set(shop.layouts)
    assert "0" in shop.segments
    assert shop.absorbed == len(listed) + 1


def test_shops_of_one_batch_do_not_touch_each_other() -> None:
    mine = [shown("a", i, converted=i % 2) for i in range(20)]
    others = [("other", "0", f"x{i % 7}", i, 1.0, 1.0, 5.0, 1) for i in range(20)]
    together = absorbed([([*mine, *others], {"s": (1, ("a", "b"))})])["s"]
    alone = absorbed([(mine, {"s": (1, ("a", "b"))})])["s"]
    np.testing.assert_allclose(together.sums, alone.sums)
    np.testing.assert_allclose(together.probabilities, alone.probabilities, atol=0.15)


def test_a_batch_is_taken_apart_into_outcomes_and_the_latest_offers() -> None:
    listed = [
        (*shown("a", 7), ""),
        ("s", "", "", 5, 0.0, 0.0, 0.0, 0, '["a", "b"]'),
        ("t", "", "", 9, 0.0, 0.0, 0.0, 0, "[]"),
        ("s", "", "", 4, 0.0, 0.0, 0.0, 0, '["old", "older"]'),
        (*shown("b", 8), ""),
    ]
    batch = (3, *(list(column) for column in zip(*listed, strict=True)))
    assert len(batch) == 1 + len(COLUMNS)
    found, offers = outcomes_and_offers(batch)
    assert found == rows(shown("a", 7), shown("b", 8))
    assert offers == {"s": (5, ("a", "b")), "t": (9, ())}


def test_of_an_offer_that_nobody_checked_each_of_the_first_twenty_counts_once() -> None:
    names = ["a", "a", *(f"{i}" for i in range(30))]
    batch = (3, *([value] for value in ("s", "", "", 5, 0.0, 0.0, 0.0, 0, json.dumps(names))))
    _, offers = outcomes_and_offers(batch)
    assert offers == {"s": (5, ("a", *(f"{i}" for i in range(19))))}


def test_a_batch_of_offers_alone_has_no_outcomes() -> None:
    batch = (3, *([value] for value in ("s", "", "", 5, 0.0, 0.0, 0.0, 0, '["a", "b"]')))
    assert outcomes_and_offers(batch) == (NO_ROWS, {"s": (5, ("a", "b"))})
