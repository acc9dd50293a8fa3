"""What a storefront's client makes of what was learned of choices, on a real Redis."""

import json
import math
from typing import Any

import pytest

from schemas.segments import shop_profile_key, visitor_segments_key
from tests.tidemark.filled_redis import AT_MS, learn
from tidemark import Tidemark


@pytest.fixture
def mixing(redis: Any, client: Tidemark) -> Tidemark:
    learn(redis)
    return client


def test_a_mix_ranks_by_what_is_chosen_next(mixing: Tidemark) -> None:
    found = mixing.preferences("ann", at=AT_MS)
    assert found.horizon == "mix"
    assert [item.value for item in found.items] == ["soap", "tea", "new:é"]
    assert [item.weight for item in found.items] == pytest.approx([3, 6, 1])
    known = 0.3 + 0.1 + 0.1
    expected = [s * math.exp(-9) / (0.6 + known * math.exp(-9)) for s in (0.3, 0.1, 0.1)]
    assert [item.share for item in found.items] == pytest.approx(expected)
    assert found.total == pytest.approx(10)


def test_a_mix_by_share_has_what_everybody_likes(mixing: Tidemark) -> None:
    found = mixing.preferences("ann", at=AT_MS, order="share")
    assert [(i.value, i.weight) for i in found.items][:2] == [("milk", 0.0), ("soap", pytest.approx(3))]
    assert sum(item.share for item in found.items) == pytest.approx(1)


def test_an_unknown_visitor_gets_the_mix_of_everybody(mixing: Tidemark) -> None:
    found = mixing.preferences("nobody")
    assert [i.value for i in found.items] == ["milk", "soap", "tea"]
    assert [i.share for i in found.items] == pytest.approx([0.6, 0.3, 0.1])
    assert found.source == "prior"


def test_the_segment_at_a_shop_has_its_say(mixing: Tidemark, redis: Any) -> None:
    said = {"segment": 1, "sure": 0.9, "why": [], "at_ms": AT_MS, "since_ms": AT_MS}
    redis.hset(visitor_segments_key("tm", 1, "ann"), "one", json.dumps(said))
    why = [["tea", 3.0, 0.9, 0.1], ["soap", 2.0, 0.0, 0.0]]
    profile = {"segments": [{"segment": 1, "name": "tea", "share": 1.0, "why": why}]}
    redis.set(shop_profile_key("tm", 1, "one"), json.dumps(profile))
    alone, there = (mixing.preferences("ann", at=AT_MS, shop=shop) for shop in (None, "one"))
    odds = [
        {item.value: item.share for item in found.items}["tea"]
        / {item.value: item.share for item in found.items}["soap"]
        for found in (alone, there)
    ]
    assert odds[1] / odds[0] == pytest.approx(3.0)
    assert mixing.preferences("ann", at=AT_MS, shop="unknown") == alone


def test_before_anything_was_learned_a_mix_is_the_longest_horizon(client: Tidemark) -> None:
    assert client.preferences("ann", at=AT_MS) == client.preferences("ann", at=AT_MS, horizon="long")
