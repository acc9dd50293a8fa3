"""The peers' maths against the oracle, which shares no code with it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers.decayed import Entry, fold, price_band
from schemas.preferences import AT, unpack
from tests.oracles import preferences as oracle

HALF_LIVES = (1_800_000, 7 * 86_400_000, 90 * 86_400_000)
YEAR_MS = 1_483_228_800_000

events = st.lists(
    st.fixed_dictionaries(
        {
            "visitor_id": st.just("v"),
            "event_id": st.uuids().map(str),
            "category": st.sampled_from(["a", "b"]),
            "brand": st.sampled_from(["x", None]),
            "price": st.sampled_from([None, 0.5, 1.0, 7.25, 1000.0, 5000.0]),
            "behavior": st.sampled_from(["view", "favourite", "cart", "purchase", "return"]),
            "event_time": st.integers(YEAR_MS, YEAR_MS + 86_400_000),
        }
    ),
    min_size=1,
    max_size=20,
)


@given(events)
def test_fields_end_as_the_definition_says(given_events: list[dict[str, Any]]) -> None:
    sums: dict[str, Entry] = {}
    fields: dict[bytes, bytes] = {}
    for event in given_events:
        fields.update(fold(event, HALF_LIVES, sums.get, sums.__setitem__))
    weighed = [event["event_time"] for event in given_events if event["behavior"] in oracle.WEIGHTS]
    assert fields.pop(AT, None) == (max(weighed).to_bytes(8, "big") if weighed else None)
    expected = oracle.decayed_preferences(given_events, HALF_LIVES).get("v", {})
    assert {name.decode() for name in fields} == set(expected)
    for name, packed in fields.items():
        numbers = expected[name.decode()].log_values(HALF_LIVES)
        assert all(abs(ours - theirs) < 1e-8 for ours, theirs in zip(unpack(packed), numbers, strict=True))


@given(st.none() | st.floats(-10, 3000))
def test_bands_are_those_of_the_definition(price: float | None) -> None:
    assert price_band(price) == oracle.price_band({"price": price})
