"""What a merchandiser reads of a shop."""

import json
from typing import Any

import numpy as np
import pytest

from operators.segments.shop_profile import shop_profile
from operators.segments.shop_segments import ShopSegments, ShopSettings
from tests.operators.segments.shard import Shard, behaviors_at, rows_of
from tests.operators.segments.test_refit_shop import SETTINGS, TASTES, shoppers


def said(shop: ShopSegments) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} in a profile")

    found: dict[str, Any] = json.loads(shop_profile(shop, 0), parse_constant=refuse)
    return found


def test_segments_stand_by_size_with_what_they_are_after() -> None:
    shard, events = Shard(SETTINGS), shoppers(61, purchases=20)
    shard.learn(rows_of(events))
    for _ in range(2):
        shard.refit("店")
    found = said(shard.shop("店"))
    assert found["at_ms"] == max(event["event_time"] for event in events)
    assert found["visits"] == 61 * 20
    sizes = [segment["visitors"] for segment in found["segments"]]
    assert sizes == sorted(sizes, reverse=True)
    last = {event["visitor_id"]: event["event_time"] for event in events}
    left = [2 ** ((at_ms - found["at_ms"]) / SETTINGS.segments.half_lives.long_ms) for at_ms in last.values()]
    np.testing.assert_allclose(sum(sizes), sum(left), atol=0.02)
    np.testing.assert_allclose(sum(segment["share"] for segment in found["segments"]), 1, atol=1e-3)
    assert {segment["conversion"] for segment in found["segments"]} == {1.0}, "each visit buys"
    assert {frozenset(segment["name"].split(" · ")) for segment in found["segments"]} == {
        frozenset(taste) for taste in TASTES
    }
    for segment in found["segments"]:
        for name, z, share, of_shop in segment["why"]:
            assert name in segment["name"].split(" · ")
            assert z >= 2
            assert 0 <= of_shop < share <= 1


@pytest.mark.parametrize("behavior", ["view", "purchase"])
@pytest.mark.parametrize("price", [None, float("nan"), 5.0])
def test_a_shop_with_one_visitor_one_category_and_perhaps_no_sale(behavior: str, price: float | None) -> None:
    event = behaviors_at(1, 1, shops=1)[0] | {"behavior": behavior, "price": price, "category": "面膜"}
    shard = Shard(ShopSettings())
    shard.learn(rows_of([event]))
    (segment,) = said(shard.shop("店 0"))["segments"]
    assert (segment["visitors"], segment["share"], segment["trend"]) == (1, 1, 0)
    assert segment["conversion"] == (1 if behavior == "purchase" else 0)
    assert segment["name"] == "everybody"


def test_a_shop_that_nobody_has_seen_has_no_segments() -> None:
    assert said(ShopSegments.new(ShopSettings())) == {
        "at_ms": 0,
        "visits": 0,
        "drifted_ms": None,
        "segments": [],
    }


def test_shared_dimensions_have_no_names_and_are_not_shown() -> None:
    settings = ShopSettings(segments=SETTINGS.segments, refits=SETTINGS.refits, own=1, shared=3)
    shard = Shard(settings)
    shard.learn(rows_of(shoppers(60)))
    shard.refit("店")
    names = {name for segment in said(shard.shop("店"))["segments"] for name, *_ in segment["why"]}
    assert names <= {shard.shop("店").names()[0]}
