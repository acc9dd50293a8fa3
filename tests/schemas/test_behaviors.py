import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.behaviors import END_OF_TIME_MS, MAX_STRING_BYTES, SCHEMA, InvalidEvent, validate
from tests.schemas.golden import BEHAVIORS_V1
from tests.schemas.strategies import behaviors

GOOD = BEHAVIORS_V1[0]
REQUIRED = ("event_id", "visitor_id", "shop_id", "industry", "item_id", "category", "behavior")


def refusal(**changes: Any) -> str:
    with pytest.raises(InvalidEvent) as caught:
        validate(GOOD | changes)
    assert str(caught.value) == f"{caught.value.path}: {caught.value.reason}"
    return str(caught.value)


@given(record=behaviors())
def test_a_valid_event_passes_unchanged(record: dict[str, Any]) -> None:
    assert validate(record) == record


@given(record=behaviors(), data=st.data())
def test_the_order_of_the_fields_is_made_the_schemas(record: dict[str, Any], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(record.items()))))
    assert list(validate(shuffled)) == [field["name"] for field in SCHEMA.fields]


def test_optional_fields_may_be_absent() -> None:
    bare = {name: GOOD[name] for name in (*REQUIRED, "event_time")}
    assert validate(bare) == GOOD | {"brand": None, "price": None, "quantity": None}


def test_whole_numbers_become_floats() -> None:
    assert [type(validate(GOOD | {"quantity": 3})["quantity"])] == [float]


@pytest.mark.parametrize("name", [*REQUIRED, "event_time"])
def test_a_missing_field_is_named(name: str) -> None:
    record = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(InvalidEvent, match=rf"^behavior\.{name}: missing$"):
        validate(record)
    assert refusal(**{name: None}) == f"behavior.{name}: missing"


@pytest.mark.parametrize("name", [*REQUIRED, "brand"])
def test_strings_are_strings_and_not_empty(name: str) -> None:
    assert refusal(**{name: ""}) == f"behavior.{name}: empty"
    assert refusal(**{name: 7}) == f"behavior.{name}: 7 is not a string"
    assert refusal(**{name: ["a"]}) == f"behavior.{name}: ['a'] is not a string"


@pytest.mark.parametrize("longest", ["x" * 1024, "é" * 512, "漢" * 341, "👗" * 256])
def test_the_limit_of_a_string_is_in_bytes_not_characters(longest: str) -> None:
    assert validate(GOOD | {"category": longest})["category"] == longest
    too_long = longest + longest[0]
    size = len(too_long.encode())
    assert refusal(category=too_long) == (
        f"behavior.category: {size} bytes of UTF-8, at most {MAX_STRING_BYTES} are allowed"
    )


def test_half_a_surrogate_pair_is_refused_before_it_breaks_the_encoder() -> None:
    assert refusal(item_id=json.loads('"\\ud800"')) == (
        "behavior.item_id: not valid Unicode (half a surrogate pair)"
    )


def test_an_unknown_behaviour_is_refused() -> None:
    assert refusal(behavior="pv") == ("behavior.behavior: 'pv' is none of view, favourite, cart, purchase")


@pytest.mark.parametrize("name", ["price", "quantity"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1.5", "not a number"),
        (True, "not a number"),
        (math.nan, "not finite"),
        (math.inf, "not finite"),
        (-math.inf, "not finite"),
        (10**400, "not finite"),
        (-0.01, "-0.01 is negative"),
    ],
)
def test_amounts_are_finite_and_not_negative(name: str, value: Any, reason: str) -> None:
    assert refusal(**{name: value}) == f"behavior.{name}: {reason}"


@pytest.mark.parametrize("value", ["1511658000", 1.5e12, True, "2017-11-26"])
def test_times_are_integers(value: Any) -> None:
    assert refusal(event_time=value).endswith("is not an integer (milliseconds since 1970, UTC)")


@pytest.mark.parametrize("value", [0, -1, END_OF_TIME_MS, 1_511_658_000_000_000, 10**4000])
def test_times_are_between_1970_and_2100(value: int) -> None:
    assert refusal(event_time=value).endswith(" ms is not between 1970 and 2100")
    assert len(refusal(event_time=value)) < 120


def test_an_unknown_field_is_not_dropped_silently() -> None:
    assert refusal(vistor_id="900") == "behavior.vistor_id: unknown field"


@pytest.mark.parametrize("thing", [None, [], "text", 3])
def test_what_is_not_a_record_is_refused(thing: Any) -> None:
    with pytest.raises(InvalidEvent, match=r"^behavior: .* is not a record$"):
        validate(thing)


@given(
    thing=st.dictionaries(st.sampled_from(list(GOOD)), st.integers() | st.text() | st.floats() | st.none())
)
def test_whatever_is_refused_is_refused_with_a_path(thing: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent, match=r"^behavior\.\w+: "):
        validate(thing | {"shop_id": None})
