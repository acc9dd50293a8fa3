"""Why a message is no event, in words that a person can act on and that are the same for like mistakes.

`behavior.event_time: missing`, `behavior.price: not a number`, `not JSON`: a path, if any, and a reason.
No value and no position is quoted, so that like mistakes are counted together.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import ValidationError

from schemas.avro import Schema
from schemas.behaviors import MAX_STRING_BYTES

EMPTY = "empty"
NOT_UTF8 = "not UTF-8"
NOT_JSON = "not JSON"
CUT_OFF = "not JSON: ends too early"
BYTE_ORDER_MARK = "not JSON: begins with a byte order mark"
HALF_A_SURROGATE = "not JSON: half a surrogate pair"
NOT_AN_OBJECT = "not a JSON object"
TOO_DEEP = "nested too deeply"
TOO_LARGE = "too large"
MISSING = "missing"
GIVEN_TWICE = "given twice"
CONTROL_CHARACTER = "contains a control character"
TOO_OLD = "older than the gate's event_time_window"
TOO_NEW = "later than the gate's event_time_ahead"

_WORDS = re.compile(r"(?P<said>.*?)(?: - at (?:`key` in )?`(?P<path>\$[^`]*)`)?", re.DOTALL)
_MISSING_FIELD = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_WRONG_TYPE = re.compile(r"Expected `(?P<expected>[^`]*)`(?:, got `(?P<got>\w+)`)?")
_BOUND = re.compile(r"Expected `[^`]*` (?P<bound>of length )?(?P<sign>[<>]=?) (?P<limit>\S+)")
_NOUNS = {"str": "a string", "int": "an integer", "float": "a number", "bool": "true or false"}
_NOUNS |= {"array": "a list", "object": "an object"}
_SIGNS = {">=": "below {}", ">": "not above {}", "<=": "above {}"}


def too_long(max_bytes: int) -> str:
    """Of a string's UTF-8."""
    return f"over {max_bytes} bytes of UTF-8"


def of_undecodable(message: bytes, error: Exception) -> str:
    """Why `message` is no JSON text; `error` is msgspec's."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    if not message.strip():
        return EMPTY
    try:
        message.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    if message.startswith(b"\xef\xbb\xbf"):
        return BYTE_ORDER_MARK
    if "surrogate" in str(error):
        return HALF_A_SURROGATE
    if "truncated" in str(error):  # which is what msgspec also says of the first half of a pair alone
        return HALF_A_SURROGATE if _is_whole(message) else CUT_OFF
    return NOT_JSON


def _is_whole(message: bytes) -> bool:
    """Whether Python's own decoder, which takes halves of pairs, reads it to its end."""
    try:
        json.loads(message)
    except (ValueError, RecursionError):
        return False
    return True


def of_invalid(error: ValidationError, types: Mapping[str, Schema], name: Any) -> str:
    """Which field of the JSON object is wrong; `name` is what stands in its `type`."""
    found = _WORDS.fullmatch(str(error))
    said, path = (found["said"], found["path"] or "$") if found else (str(error), "$")
    missing = _MISSING_FIELD.fullmatch(said)
    if missing:
        path += f".{missing['field']}"
    place = re.sub(r"\[(\d+|\.\.\.)\]", "[]", path).removeprefix("$").removeprefix(".")
    if place == "type":
        return f"type: {MISSING}" if missing else f"type: none of {', '.join(types)}"
    if not place:
        return NOT_AN_OBJECT
    known = types.get(name) if isinstance(name, str) else None
    if known is None:
        return place if missing is None else f"{place}: {MISSING}"
    reason = MISSING if missing else _reason(said, _field(known, place), "[]" in place)
    return f"{name}.{place}: {reason}"


def _field(schema: Schema, place: str) -> Mapping[str, Any]:
    top = re.split(r"[.\[]", place)[0]
    return next((of for of in schema.fields if of["name"] == top), {})


def _reason(said: str, of: Mapping[str, Any], is_inside: bool) -> str:
    if said.startswith("Invalid enum value"):
        return f"none of {', '.join(of.get('choices', ()))}"
    if "out of range" in said:
        return "number out of range"
    if of.get("type", {}) == TIMES and _BOUND.fullmatch(said):
        return "not between 1970 and 2100 in milliseconds"
    bound = _BOUND.fullmatch(said)
    if bound and bound["bound"]:
        return _length(said, bound, of)
    if bound:
        return _SIGNS[bound["sign"]].format(f"{float(bound['limit']):g}")
    wrong = _WRONG_TYPE.fullmatch(said)
    if wrong is None:
        return said
    expected = wrong["expected"].split(" | ")[0]
    if wrong["got"] == "null" and not is_inside:
        return MISSING
    return f"not {_NOUNS.get(expected, expected)}"


TIMES = {"type": "long", "logicalType": "timestamp-millis"}


def _length(said: str, bound: "re.Match[str]", of: Mapping[str, Any]) -> str:
    if bound["sign"] == ">=":
        return EMPTY
    if "`str`" in said:
        return too_long(of.get("max_bytes", MAX_STRING_BYTES))
    return f"more than {bound['limit']} entries"
