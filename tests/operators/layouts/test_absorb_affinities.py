"""What layouts earn from whom, batch by batch: the same sums whatever the batches; policies."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from operators.layouts.absorb_affinities import absorb_affinities, linear_policies
from operators.layouts.layout_state import MOST_LAYOUTS_KEPT
from operators.layouts.outcome_rows import COLUMNS, OutcomeRows, outcomes_and_offers
from operators.maths.layouts.linear_bandit import LinearSettings, features, moments, posterior, sums_width
from schemas.layouts import LinearPolicy
from state.layout_moments import ShopMoments

K = 2
SETTINGS = LinearSettings(half_life_ms=1_000)

Row = tuple[str, str, str, int, float, float, float, int, tuple[float, ...]]


def shown(layout: str, at_ms: int, affinities: tuple[float, ...], converted: int = 0, shop: str = "s") -> Row:
    return (shop, "0", layout, at_ms, 1.0, float(converted), 10.0 * converted, converted, affinities)


def absorbed(batches: Sequence[Sequence[Row]]) -> dict[str, ShopMoments]:
    """As the operator does it, through the bytes of state."""
    state: dict[str, bytes] = {}
    for listed in batches:
        rows, empty = OutcomeRows(*zip(*listed, strict=True)), ShopMoments.empty(sums_width(K))
        before = {s: ShopMoments.from_bytes(state[s]) if s in state else empty for s in rows.shop}
        after = absorb_affinities(before, rows, SETTINGS)
        state |= {name: shop.to_bytes() for name, shop in after.items()}
    return {name: ShopMoments.from_bytes(blob) for name, blob in state.items()}


def policy(shop: ShopMoments, offered: tuple[str, ...]) -> LinearPolicy | None:
    return linear_policies({"s": shop}, {"s": offered}, False, SETTINGS).get("s")


def exposures(n: int, seed: int) -> list[Row]:
    dice = random.Random(seed)
    return [
        shown(
            dice.choice("abc"),
            dice.randrange(3_000),
            (dice.gauss(0, 1), dice.gauss(0, 1)),
            dice.randrange(2),
            dice.choice("st"),
        )
        for _ in range(n)
    ]


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_sums_are_those_of_the_definition_whatever_the_batches(size: int) -> None:
    listed = exposures(200, seed=1)
    found = absorbed([listed[i : i + size] for i in range(0, len(listed), size)])
    for name, shop in found.items():
        mine = [row for row in listed if row[0] == name]
        assert shop.latest_ms == max(row[3] for row in mine)
        for layout, sums in zip(shop.layouts, shop.sums, strict=True):
            expected = np.zeros(sums_width(K))
            for _, _, of, at_ms, one, converted, revenue, _, affinities in mine:
                if of == layout:
                    numbers = (np.array([number]) for number in (one, converted, revenue))
                    weight = 2.0 ** ((at_ms - shop.latest_ms) / SETTINGS.half_life_ms)
                    expected += weight * moments(features(np.array([affinities])), *numbers)[0]
            np.testing.assert_allclose(sums, expected, rtol=1e-9, atol=1e-9)


def test_exposures_without_affinities_change_nothing() -> None:
    listed = exposures(20, seed=2)
    without = [(*row[:-1], ()) for row in exposures(20, seed=3)]
    assert absorbed([listed, without]) == absorbed([listed])


def test_affinities_of_another_number_are_cut_or_filled_with_zeros() -> None:
    odd = [shown("a", 1, (1.0,)), shown("a", 1, (1.0, 0.0, 5.0, 6.0))]
    assert absorbed([odd]) == absorbed([[shown("a", 1, (1.0, 0.0)), shown("a", 1, (1.0, 0.0))]])


def test_the_policy_is_the_posterior_of_what_is_offered_in_that_order() -> None:
    shop = absorbed([exposures(300, seed=4)])["s"]
    found = policy(shop, ("new", "c", "a"))
    assert found is not None
    assert found.floor == SETTINGS.floor
    everything = np.concatenate([shop.sums, np.zeros((1, sums_width(K)))])
    expected = posterior(everything[None], False, SETTINGS)
    upper = np.triu_indices(K + 1)
    for numbers, place in zip(found.layouts, (3, *map(shop.layouts.index, "ca")), strict=True):
        np.testing.assert_allclose(numbers[: K + 1], expected.mean[0, place])
        covariance = SETTINGS.spread**2 * expected.covariance[0, place][upper]
        np.testing.assert_allclose(numbers[K + 1 :], covariance)


def test_shops_of_one_batch_do_not_touch_each_other() -> None:
    shops = absorbed([exposures(300, seed=6), [shown("x", 1, (0.0, 1.0), 1, "s")]])
    offered = {"s": ("a", "x"), "t": ("c", "b")}
    together = linear_policies(shops, offered, True, SETTINGS)
    for name in "st":
        alone = linear_policies({name: shops[name]}, offered, True, SETTINGS)[name]
        np.testing.assert_allclose(together[name].layouts, alone.layouts, rtol=1e-9)


def test_nothing_to_choose_or_nothing_earned_is_no_policy() -> None:
    shop = absorbed([[shown("a", 1, (1.0, 2.0))]])["s"]
    assert policy(shop, ("a", "b")) is None
    assert policy(absorbed([exposures(50, seed=5)])["s"], ()) is None
    assert policy(ShopMoments.empty(sums_width(K)), ("a",)) is None


def test_layouts_without_end_do_not_grow_a_shop_without_end() -> None:
    listed = [shown(f"layout {i}", 1, (0.0, 1.0)) for i in range(100)] + [shown("a", 1, (0.0, 1.0))] * 2
    shop = absorbed([listed])["s"]
    assert len(shop.layouts) == len(shop.sums) == MOST_LAYOUTS_KEPT
    assert "a" in shop.layouts


def test_segment_and_affinities_of_a_decision_are_taken_apart() -> None:
    decisions = ("3\x01[0.5,-1]", "3", "", "3\x01odd", '3\x01["NaN",2]')
    listed = [("s", decided_by, "a", 1, 1.0, 0.0, 0.0, 0, "") for decided_by in decisions]
    batch = (7, *(list(column) for column in zip(*listed, strict=True)))
    assert len(batch) == 1 + len(COLUMNS)
    found, _ = outcomes_and_offers(batch)
    assert list(found.segment) == ["3", "3", "", "3", "3"]
    assert list(found.affinities[:4]) == [(0.5, -1), (), (), ()]
    assert found.affinities[4] == pytest.approx((float("nan"), 2.0), nan_ok=True)
