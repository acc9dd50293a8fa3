"""Every mistake has a reason that a person can act on."""

from typing import Any

import pytest

from schemas.event_types import DEAD_LETTER, EVENT_TYPES
from tests.operators.gate.decoded import GOOD, changed, outcome, reason, without
from tests.raw_messages import NOW_MS

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
