"""The layout of preferences in Redis."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.preferences import (
    Horizon,
    PreferenceSchema,
    config_key,
    generation_of,
    pack,
    served_generation,
    served_key,
    unpack,
    visitor_key,
    visitor_of,
)

LAYOUT: dict[str, Any] = {
    "namespace": "tm",
    "generation": 1,
    "horizons": (Horizon("live", 1_800_000), Horizon("long", 7_776_000_000)),
    "facets": (("category", "c"), ("brand", "b")),
    "ttl_s": 100,
}
SCHEMA = PreferenceSchema(**LAYOUT)


@given(numbers=st.lists(st.floats(allow_nan=False)))
def test_numbers_come_back_as_they_were_packed(numbers: list[float]) -> None:
    assert list(unpack(pack(*numbers))) == numbers
    assert len(pack(*numbers)) == 8 * len(numbers)


def test_a_configuration_comes_back_as_it_was_written() -> None:
    assert PreferenceSchema.from_json("tm", SCHEMA.to_json()) == SCHEMA


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"generation": 1, "horizons": 3}'])
def test_what_is_no_configuration_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PreferenceSchema.from_json("tm", text)


def test_keys_of_a_visitor_share_a_hash_tag_and_so_do_those_of_a_generation() -> None:
    assert SCHEMA.visitor_key("é:1") == "tm:{é:1}:preferences:1"
    assert SCHEMA.config_key == "tm:{preferences:1}:config"
    assert SCHEMA.sample_key == "tm:{preferences:1}:sample"
    assert SCHEMA.prior_key("category") == "tm:{preferences:1}:prior:category"


@given(visitor=st.text(), generation=st.integers(1, 10**9))
def test_a_visitors_key_names_its_generation_and_the_visitor(visitor: str, generation: int) -> None:
    key = visitor_key("tm", generation, visitor).encode()
    assert visitor_of("tm", key) == (generation, visitor.encode())
    assert visitor_of("t", key) is None
    assert generation_of("tm", key) is None


def test_the_key_of_a_configuration_names_its_generation() -> None:
    for namespace in ("tm", "t0", "7"):
        assert generation_of(namespace, config_key(namespace, 12).encode()) == 12
    assert visitor_of("tm", config_key("tm", 12).encode()) is None
    for other in (
        SCHEMA.sample_key,
        served_key("tm"),
        "tm:{preferences:x}:config",
        "tm:{preferences::config",
    ):
        assert generation_of("tm", other.encode()) is None
        assert visitor_of("tm", other.encode()) is None


def test_readers_begin_with_the_first_generation() -> None:
    assert (served_generation(None), served_generation(b"12")) == (1, 12)
    with pytest.raises(LookupError, match="no generation"):
        served_generation(b"-1")


def test_the_bound_leaves_room_for_all_of_the_strongest() -> None:
    assert SCHEMA.max_fields == 2 * 50 * 2 * 2 + 2 + 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"namespace": ""},
        {"namespace": "a:b"},
        {"facets": ()},
        {"facets": (("category", "c"), ("colour", "c"))},
        {"facets": (("category", "!"),)},
        {"horizons": ()},
        {"horizons": (Horizon("a", 1), Horizon("a", 2))},
        {"horizons": (Horizon("a", 0),)},
        {"generation": 0},
        {"keep": 0},
        {"ttl_s": 0},
        {"sample_visitors": 0},
    ],
)
def test_a_layout_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PreferenceSchema(**{**LAYOUT, **wrong})


def test_limits_may_change_within_a_generation_and_the_layout_may_not() -> None:
    assert SCHEMA.same_layout(PreferenceSchema(**{**LAYOUT, "keep": 9, "ttl_s": 5}))
    assert not SCHEMA.same_layout(
        PreferenceSchema(**{**LAYOUT, "facets": (("brand", "b"), ("category", "c"))})
    )
