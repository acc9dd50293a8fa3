"""Keys of segments: none is like another, whatever visitors and shops are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.segments import SegmentSchema, read_json

SCHEMA = SegmentSchema("tm", 2, ttl_s=100)
names = st.text() | st.sampled_from(["one", "shop:one", "shop:shop:one", "one}:profile:2", "{one}", "林"])


@given(visitor=names, shop=names)
def test_a_visitor_and_a_shop_never_share_a_key(visitor: str, shop: str) -> None:
    assert SCHEMA.visitor_key(visitor) != SCHEMA.shop_key(shop)


@given(one=names, other=names)
def test_two_of_a_kind_share_a_key_only_when_they_are_one(one: str, other: str) -> None:
    assert (SCHEMA.visitor_key(one) == SCHEMA.visitor_key(other)) == (one == other)
    assert (SCHEMA.shop_key(one) == SCHEMA.shop_key(other)) == (one == other)


def test_generations_stand_side_by_side() -> None:
    other = SegmentSchema("tm", 3, ttl_s=100)
    assert SCHEMA.visitor_key("ann") != other.visitor_key("ann")
    assert SCHEMA.shop_key("one") != other.shop_key("one")


def test_a_value_is_a_json_object() -> None:
    assert read_json('{"segment": 3, "why": [["面膜", 1.5]]}'.encode()) == {
        "segment": 3,
        "why": [["面膜", 1.5]],
    }
    for text in (b"[1]", b"7", b"no json", b""):
        with pytest.raises(ValueError, match=r"no JSON object|Expecting value"):
            read_json(text)
