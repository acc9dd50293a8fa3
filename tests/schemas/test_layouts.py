"""What shops offer and what Redis holds of it: bytes of released versions, round trips, refusals."""

from pathlib import Path

import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import decode, encode, from_json, load
from schemas.layouts import TOPIC, Arm, LinearPolicy, ShopPolicy, check_layouts

GOLDEN = Path(__file__).parent / "golden"
LAYOUTS_V1 = {"shop_id": "店", "layouts": ["grid", "瀑布流"], "event_time": 1_511_658_000_000}
FINGERPRINT = "0c21fedf5c3f9400ba9b86de457a0a267d384af31414ca42bf4f287408ddd544"

numbers = st.floats(allow_nan=False, allow_infinity=False)
arms = st.builds(Arm, *[numbers] * 5)
weights = st.tuples(*[numbers] * 5)
linear = st.builds(LinearPolicy, numbers, st.tuples(weights, weights))


def test_bytes_of_version_1_decode_for_ever_and_are_what_is_written() -> None:
    stored = (GOLDEN / "layouts.v1.bin").read_bytes()
    released = from_json("layouts.v1", (GOLDEN / "layouts.v1.avsc").read_text(encoding="utf-8"))
    assert decode(released, stored) == LAYOUTS_V1
    assert encode(load("layouts"), LAYOUTS_V1) == stored
    assert TOPIC == "layouts"


def test_a_changed_schema_needs_a_new_topic_version() -> None:
    definition = load("layouts").definition
    assert fingerprint(to_parsing_canonical_form(definition), "SHA-256") == FINGERPRINT
    assert definition["fields"][2]["type"]["logicalType"] == "timestamp-millis"


@given(
    segments=st.dictionaries(st.text(max_size=9), st.tuples(arms, arms), max_size=4),
    at_ms=st.integers(0, 2**62),
    absorbed=st.integers(0, 2**62),
    linear=st.none() | linear,
)
def test_a_policy_comes_back_as_it_went(
    segments: dict[str, tuple[Arm, ...]], at_ms: int, absorbed: int, linear: LinearPolicy | None
) -> None:
    policy = ShopPolicy("店", ("grid", "瀑布流"), segments, "revenue", at_ms, absorbed, linear)
    assert ShopPolicy.from_fields("店", policy.fields()) == policy
    assert ShopPolicy.from_json(policy.to_json()) == policy


def test_a_segment_of_which_nothing_is_known_has_equal_probabilities() -> None:
    known = (Arm(0.75, 3.0, 20.0, 1.0, 0.1), Arm(0.25, 1.0, 20.0, 1.0, 0.1))
    policy = ShopPolicy("s", ("a", "b"), {"0": known}, "conversions", 1, 1)
    assert policy.probabilities("0") == (0.75, 0.25)
    assert policy.probabilities("1") == policy.probabilities("") == (0.5, 0.5)


@pytest.mark.parametrize(
    ("layouts", "reason"),
    [
        (["a"], "1 layouts: a shop chooses among 2 to 20"),
        ([f"{i}" for i in range(21)], "21 layouts"),
        (["a", "a"], "stands twice"),
        (["a", " "], "is no name"),
        (["a", "b\n"], "is no name"),
        (["a", "b" * 1025], "is no name"),
    ],
)
def test_what_a_shop_cannot_choose_among_is_refused(layouts: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_layouts(layouts)


@pytest.mark.parametrize("layouts", [[], ["a", "b"], [f"{i}" for i in range(20)]])
def test_two_to_twenty_layouts_or_none_are_fine(layouts: list[str]) -> None:
    check_layouts(layouts)
