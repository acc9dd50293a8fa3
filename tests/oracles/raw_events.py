"""Which messages are events, by Python's own JSON and plain checks: slow, and independent of msgspec."""

import json
import math
import unicodedata
from typing import Any

from schemas.event_types import EVENT_TYPES

ENVELOPE = [
    {"name": "consent", "type": ["null", "boolean"], "default": None},
    {"name": "basket_id", "type": ["null", "string"], "default": None},
]
PROSE = {"\t", "\n", "\r"}


def event_of(raw: bytes | None) -> dict[str, Any] | None:
    """The event, with `type`, `consent` and `basket_id`; None: it is none."""
    try:
        found = json.loads(
            (raw or b"").decode(), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        return None
    of = EVENT_TYPES.get(found["type"])
    if of is None or _half(found):
        return None
    valid = all(_fits(field, found) for field in [*of.schema.fields, *ENVELOPE])
    return found if valid else None


def _fits(field: dict[str, Any], event: dict[str, Any]) -> bool:
    optional = isinstance(field["type"], list)
    if field["name"] not in event:
        return "default" in field
    value = event[field["name"]]
    of = field["type"][1] if optional else field["type"]
    return value is None if optional and value is None else _is(of, value, field)


def _is(of: Any, value: Any, field: dict[str, Any]) -> bool:
    if of == "boolean":
        return isinstance(value, bool)
    if of == "string":
        return isinstance(value, str) and _is_text(value, field)
    if isinstance(of, dict) and of["type"] == "array":
        small = isinstance(value, list) and len(value) <= field["max_items"]
        return small and all(_is(of["items"], item, field) for item in value)
    if isinstance(of, dict) and of["type"] == "map":
        small = isinstance(value, dict) and len(value) <= field["max_items"]
        return small and all(_is_text(k, field) and _is(of["values"], v, field) for k, v in value.items())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(of, dict):
        return isinstance(value, int) and 0 < value < 4_102_444_800_000
    if of == "int" and not isinstance(value, int):
        return False
    try:
        number = float(value)
    except OverflowError:
        return False
    low, high = field.get("minimum", -math.inf), field.get("maximum", math.inf)
    above = number > field.get("above", -math.inf)
    return bool(math.isfinite(number) and low <= number <= high and above)


def _is_text(text: str, field: dict[str, Any]) -> bool:
    if "choices" in field:
        return bool(text in field["choices"])
    if not text and not field.get("may_be_empty"):
        return False
    allowed = PROSE if field.get("prose") else set()
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in text):
        return False
    return bool(len(text.encode()) <= field.get("max_bytes", 1024))


def _half(found: Any) -> bool:
    """Half a surrogate pair anywhere."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else math.inf
