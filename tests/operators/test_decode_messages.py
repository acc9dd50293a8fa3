"""Whatever bytes come: one outcome, with a reason where it is not an event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.decode_messages import MessageDecoder, MessageLimits, Outcome
from schemas.avro import decode
from schemas.event_types import CLEAN, DEAD_LETTER, EVENT_TYPES, WITHHELD
from tests.mutations import mutated
from tests.raw_messages import EVENTS, NOW_MS, message
from tests.schemas.strategies import events

ANY_TIME = MessageDecoder(MessageLimits(131_072, None, None))
DAY_MS = 86_400_000


def outcome(raw: bytes | None, arrived_ms: int = NOW_MS) -> Outcome:
    return ANY_TIME.outcome(raw, arrived_ms)


def reason(raw: bytes | None) -> str | None:
    found = outcome(raw)
    assert found.topic == DEAD_LETTER, found
    assert found.value == (raw or b"")
    return found.reason


def changed(name: str = "behavior", **changes: Any) -> bytes:
    return message(name, **changes)


def without(name: str, field: str) -> bytes:
    fields = json.loads(message(name))
    del fields[field]
    return json.dumps(fields).encode()


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_event_of_each_type_goes_to_its_topic_as_avro(name: str) -> None:
    found = outcome(message(name))
    of = EVENT_TYPES[name]
    assert (found.topic, found.reason) == (of.topic, None)
    assert decode(of.schema, found.value) == EVENTS[name]
    assert found.key == EVENTS[name][of.key]
    assert found.event_id == EVENTS[name]["event_id"]


def test_many_messages_at_once_have_the_outcomes_that_each_has_alone() -> None:
    raws = [*mutated(3_000), message("article", text="x" * 60_000), None]
    columns = ANY_TIME.outcomes(raws, [NOW_MS] * len(raws))
    at_once = [Outcome(*row) for row in zip(*columns.values(), strict=True)]
    assert at_once == [outcome(raw) for raw in raws]
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


REQUIRED = [
    (name, field["name"])
    for name, of in EVENT_TYPES.items()
    for field in of.schema.fields
    if "default" not in field
]


@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_a_missing_field_is_named(name: str, field: str) -> None:
    assert reason(without(name, field)) == f"{name}.{field}: missing"
    assert reason(changed(name, **{field: None})) == f"{name}.{field}: missing"


@pytest.mark.parametrize(
    ("changes", "said"),
    {
        "a number for an id": ({"event_id": 7}, "behavior.event_id: not a string"),
        "an empty id": ({"visitor_id": ""}, "behavior.visitor_id: empty"),
        "a long id": ({"item_id": "x" * 1025}, "behavior.item_id: over 1024 bytes of UTF-8"),
        "a long id of wide characters": (
            {"item_id": "漢" * 342},
            "behavior.item_id: over 1024 bytes of UTF-8",
        ),
        "NUL in an id": ({"visitor_id": "a\0b"}, "behavior.visitor_id: contains a control character"),
        "a line end in an id": ({"event_id": "a\nb"}, "behavior.event_id: contains a control character"),
        "DEL": ({"category": "a\x7fb"}, "behavior.category: contains a control character"),
        "a terminal's escape": ({"brand": "\x1b[31m"}, "behavior.brand: contains a control character"),
        "an escape of eight bits": ({"brand": "\x9b31m"}, "behavior.brand: contains a control character"),
        "text for a number": ({"price": "9.99"}, "behavior.price: not a number"),
        "a negative price": ({"price": -1}, "behavior.price: below 0"),
        "a price beyond doubles": ({"price": 10**400}, "behavior.price: number out of range"),
        "a list for a price": ({"price": [1]}, "behavior.price: not a number"),
        "an unknown behaviour": (
            {"behavior": "pv"},
            "behavior.behavior: none of view, favourite, cart, purchase",
        ),
        "seconds as text": ({"event_time": "1700000000"}, "behavior.event_time: not an integer"),
        "a fraction for a time": ({"event_time": 1.5e12}, "behavior.event_time: not an integer"),
        "true for a time": ({"event_time": True}, "behavior.event_time: not an integer"),
        "microseconds": (
            {"event_time": NOW_MS * 1000},
            "behavior.event_time: not between 1970 and 2100 in milliseconds",
        ),
        "a huge time": (
            {"event_time": 10**30},
            "behavior.event_time: not between 1970 and 2100 in milliseconds",
        ),
        "text for consent": ({"consent": "false"}, "behavior.consent: not true or false"),
        "a number for a basket": ({"basket_id": 7}, "behavior.basket_id: not a string"),
        "a control character in a basket": (
            {"basket_id": "\t"},
            "behavior.basket_id: contains a control character",
        ),
        "an unknown type": (
            {"type": "click"},
            "type: none of behavior, feedback, exposure, article, erasure",
        ),
        "a type that is none": ({"type": 7}, "type: none of behavior, feedback, exposure, article, erasure"),
    }.values(),
)
def test_what_is_wrong_with_a_behaviour_is_said(changes: dict[str, Any], said: str) -> None:
    assert reason(changed(**changes)) == said


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("feedback", {"kind": "seen"}, "feedback.kind: none of impression, click"),
        ("feedback", {"position": 0}, "feedback.position: below 1"),
        ("feedback", {"list_length": 2**40}, "feedback.list_length: above 100000"),
        ("feedback", {"recent_articles": ["a", 7]}, "feedback.recent_articles[]: not a string"),
        ("feedback", {"recent_articles": ["a"] * 101}, "feedback.recent_articles: more than 100 entries"),
        ("feedback", {"recent_articles": ["\0"]}, "feedback.recent_articles: contains a control character"),
        ("feedback", {"preferences": {"a": "b"}}, "feedback.preferences[]: not a number"),
        ("feedback", {"preferences": {"a": 2}}, "feedback.preferences[]: above 1"),
        ("feedback", {"preferences": {"": 1}}, "feedback.preferences: empty"),
        ("feedback", {"preferences": []}, "feedback.preferences: not an object"),
        ("exposure", {"propensity": 0}, "exposure.propensity: not above 0"),
        ("exposure", {"propensity": 1.5}, "exposure.propensity: above 1"),
        ("article", {"text": "\0"}, "article.text: contains a control character"),
        ("article", {"text": "x" * 65_537}, "article.text: over 65536 bytes of UTF-8"),
        ("article", {"tags": "news"}, "article.tags: not a list"),
    ],
)
def test_what_is_wrong_with_the_others_is_said(name: str, changes: dict[str, Any], said: str) -> None:
    assert reason(changed(name, **changes)) == said


GOOD = message("behavior")


@pytest.mark.parametrize(
    ("raw", "said"),
    {
        "no value": (None, "empty"),
        "nothing": (b"", "empty"),
        "white space": (b" \n", "empty"),
        "no JSON": (b"<html>", "not JSON"),
        "cut off": (GOOD[:-5], "not JSON: ends too early"),
        "something behind": (GOOD + b"x", "not JSON"),
        "two objects": (GOOD + GOOD, "not JSON"),
        "a list": (b"[]", "not a JSON object"),
        "null": (b"null", "not a JSON object"),
        "no type": (b"{}", "type: missing"),
        "NaN": (GOOD.replace(b"9.99", b"NaN"), "not JSON"),
        "Infinity": (GOOD.replace(b"9.99", b"Infinity"), "not JSON"),
        "beyond doubles": (GOOD.replace(b"9.99", b"1e999"), "behavior.price: number out of range"),
        "UTF-16": (GOOD.decode().encode("utf-16"), "not UTF-8"),
        "Latin-1": (GOOD.replace(b'"v1"', '"é"'.encode("latin-1")), "not UTF-8"),
        "Latin-1 where nobody looks": (GOOD[:-1] + b',"x":"\xe9"}', "not UTF-8"),
        "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "not JSON: begins with a byte order mark"),
        "half a pair": (GOOD.replace(b'"v1"', b'"\\ud800"'), "not JSON: half a surrogate pair"),
        "the other half": (GOOD.replace(b'"v1"', b'"\\udc00"'), "not JSON: half a surrogate pair"),
        "deep": (GOOD[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        "a raw control character": (GOOD.replace(b'"v1"', b'"\x01"'), "not JSON"),
        "a raw control character where nobody looks": (GOOD[:-1] + b',"x":"\x01"}', "not JSON"),
        "twice": (GOOD[:-1] + b',"price":1}', "behavior.price: given twice"),
        "twice with a space": (GOOD[:-1] + b',"price" :1}', "behavior.price: given twice"),
        "twice, spelt otherwise": (GOOD[:-1] + b',"pr\\u0069ce":1}', "behavior.price: given twice"),
        "a type twice": (GOOD[:-1] + b',"type":"behavior"}', "behavior.type: given twice"),
        "unknown fields twice": (GOOD[:-1] + b',"\x1b[31m":1,"x":1,"x":2}', None),
    }.values(),
)
def test_what_is_no_event_is_said(raw: bytes | None, said: str | None) -> None:
    if said is None:
        assert outcome(raw).topic == DEAD_LETTER
    else:
        assert reason(raw) == said


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
