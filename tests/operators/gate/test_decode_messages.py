"""Whatever bytes come: one outcome, with a reason where it is not an event."""

import json
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from operators.gate.message_outcomes import Outcome
from schemas.avro import decode
from schemas.event_types import CLEAN, DEAD_LETTER, EVENT_TYPES, WITHHELD
from tests.mutations import mutated
from tests.operators.gate.decoded import ANY_TIME, GOOD, changed, outcome, without
from tests.raw_messages import EVENTS, NOW_MS, message
from tests.schemas.strategies import events

DAY_MS = 86_400_000


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_event_of_each_type_goes_to_its_topic_as_avro(name: str) -> None:
    found = outcome(message(name))
    of = EVENT_TYPES[name]
    assert (found.topic, found.reason) == (of.topic, None)
    assert decode(of.schema, found.value) == EVENTS[name]
    assert found.key == EVENTS[name][of.key]
    assert found.event_id == EVENTS[name]["event_id"]


@pytest.mark.parametrize("decoder", [ANY_TIME, MessageDecoder(MessageLimits(131_072, DAY_MS, DAY_MS))])
def test_many_messages_at_once_have_the_outcomes_that_each_has_alone(decoder: MessageDecoder) -> None:
    raws = [*mutated(3_000), message("article", text="x" * 60_000), None]
    arrived_ms = [NOW_MS + days * DAY_MS for days in islice(cycle((0, 0, 0, 2, -2)), len(raws))]
    columns = decoder.outcomes(raws, arrived_ms)
    at_once = [Outcome(*row) for row in zip(*columns.values(), strict=True)]
    assert at_once == [decoder.outcome(*of) for of in zip(raws, arrived_ms, strict=True)]
    assert {of.topic for of in at_once} == {*CLEAN, DEAD_LETTER, WITHHELD}


def test_no_message_has_no_outcome() -> None:
    assert [len(column) for column in ANY_TIME.outcomes([], []).values()] == [0] * len(Outcome._fields)


@pytest.mark.parametrize("name", EVENT_TYPES)
@given(data=st.data())
def test_every_valid_event_passes_unchanged(name: str, data: st.DataObject) -> None:
    event = data.draw(events(EVENT_TYPES[name].schema))
    raw = json.dumps({"type": name, **event}, ensure_ascii=data.draw(st.booleans())).encode()
    found = outcome(raw)
    assert found.reason is None, raw
    assert decode(EVENT_TYPES[name].schema, found.value) == event


@given(raw=st.binary() | st.text().map(str.encode))
def test_whatever_bytes_come_there_is_one_outcome(raw: bytes) -> None:
    found = outcome(raw)
    assert found.topic == DEAD_LETTER
    assert found.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


@given(
    name=st.sampled_from(sorted(EVENT_TYPES)),
    data=st.data(),
    value=JSON,
    cut=st.integers(0, 400),
)
def test_a_mutated_event_has_one_outcome(name: str, data: st.DataObject, value: Any, cut: int) -> None:
    field = data.draw(st.sampled_from(["type", "consent", "basket_id", *EVENTS[name]]))
    raw = message(name, **{field: value})
    for broken in (raw, raw[:cut], raw[:cut] + b"\xff" + raw[cut:], raw[:-1] + b"," + raw[1:]):
        found = outcome(broken)
        assert found.topic in (*CLEAN, DEAD_LETTER, WITHHELD)
        assert (found.reason is None) == (found.topic in CLEAN)


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    found = outcome(changed(x={"a": [1, {"b": None}]}, y=10**40, z="\0"))
    assert found == outcome(GOOD)


def test_optional_fields_may_be_missing_or_null() -> None:
    for field in ("brand", "price", "quantity"):
        assert outcome(without("behavior", field)) == outcome(changed("behavior", **{field: None}))
    assert (
        decode(EVENT_TYPES["feedback"].schema, outcome(without("feedback", "recent_articles")).value)[
            "recent_articles"
        ]
        == []
    )


def test_articles_may_have_lines_and_be_empty() -> None:
    assert outcome(changed("article", text="one\ntwo\tthree")).reason is None
    assert outcome(changed("article", text="", title="")).reason is None


@pytest.mark.parametrize("name", ["behavior", "feedback", "exposure"])
@pytest.mark.parametrize("also_wrong", [{}, {"event_time": "noon"}, {"type": "mystery"}])
def test_without_consent_nothing_is_kept_valid_or_not(name: str, also_wrong: dict[str, Any]) -> None:
    found = outcome(changed(name, consent=False, **also_wrong))
    assert found == Outcome(WITHHELD, None, None, -1, None, b"", "no consent")


@pytest.mark.parametrize("space", [b"", b" ", b"\n\t"])
def test_without_consent_nothing_is_kept_of_what_is_no_json(space: bytes) -> None:
    raw = GOOD[:-1] + b',"consent":' + space + b"false"
    assert outcome(raw).topic == WITHHELD


def test_consent_given_and_not_given_is_not_given() -> None:
    for said in (b',"consent":false,"consent":true}', b',"consent":true,"consent":false}'):
        assert outcome(GOOD[:-1] + said).topic == WITHHELD


@pytest.mark.parametrize("name", ["article", "erasure"])
def test_articles_and_erasures_need_no_consent(name: str) -> None:
    assert outcome(changed(name, consent=False)).topic == EVENT_TYPES[name].topic


def test_consent_given_or_unsaid_passes() -> None:
    for consent in (True, None):
        assert outcome(changed(consent=consent)) == outcome(GOOD)


def test_times_outside_of_the_window_around_the_arrival_are_refused() -> None:
    decoder = MessageDecoder(MessageLimits(131_072, DAY_MS, 60_000))
    said = {
        -DAY_MS - 1: "behavior.event_time: older than the gate's event_time_window",
        -DAY_MS: None,
        60_000: None,
        60_001: "behavior.event_time: later than the gate's event_time_ahead",
    }
    for away_ms, expected in said.items():
        assert decoder.outcome(changed(event_time=NOW_MS + away_ms), NOW_MS).reason == expected


def test_baskets_and_lists_are_units_and_clicks_are_not() -> None:
    assert outcome(GOOD).unit is None
    assert outcome(changed(basket_id="b")).unit == "b"
    assert outcome(changed("feedback", kind="impression")).unit == EVENTS["feedback"]["list_id"]
    assert outcome(changed("feedback", kind="click")).unit is None
    assert outcome(GOOD).minute == NOW_MS // 60_000
    assert outcome(message("article")).minute == outcome(message("erasure")).minute == -1
