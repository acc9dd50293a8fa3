"""Behaviours: what visitors did with items. Their topic, and the check on entry."""

import math
from collections.abc import Mapping
from typing import Any

from schemas.avro import Schema, load

TOPIC = "behaviors"
"""Holds schema version 1. Raw Avro names no version, so a changed schema gets `behaviors.v2`."""

BEHAVIORS = ("view", "favourite", "cart", "purchase")

MAX_STRING_BYTES = 1024
"""Ids and names become Redis keys and fields; a longer one is a mistake or an attack."""

END_OF_TIME_MS = 4_102_444_800_000
"""2100-01-01 UTC. A later time is a mistake (often microseconds) and would outweigh everything else."""

SCHEMA: Schema = load("behavior")


class InvalidEvent(ValueError):  # noqa: N818 - a name from the field's words
    """An event that must not enter; reads `behavior.event_time: missing`.

    path : the schema and the field, `behavior.event_time`; `behavior` alone when it is not a record at all.
    reason : what is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def validate(record: Any) -> dict[str, Any]:
    """Check one behaviour before it is encoded.

    Parameters
    ----------
    record : maps the schema's field names. The optional ones (brand, price, quantity) may be absent or None.

    Returns
    -------
    A new record with every field, in schema order; price and quantity are floats.

    Raises
    ------
    InvalidEvent : no mapping; a field missing, unknown or of the wrong type; an empty string; a string over
        1024 bytes of UTF-8; a behaviour that is none of the four; a price or quantity that is negative or not
        finite; an event time outside 1970 < t < 2100.
    """
    if not isinstance(record, Mapping):
        raise InvalidEvent("behavior", f"{_shown(record)} is not a record")
    valid = {name: check(name, record.get(name)) for name, check in _CHECKS.items()}
    if len(record) > len(valid) or not record.keys() <= valid.keys():
        unknown = next(name for name in record if name not in valid)
        raise InvalidEvent(f"behavior.{unknown}", "unknown field")
    return valid


def _required_string(name: str, value: Any) -> str:
    if value is None or value == "":
        raise InvalidEvent(f"behavior.{name}", "missing" if value is None else "empty")
    if not isinstance(value, str):
        raise InvalidEvent(f"behavior.{name}", f"{_shown(value)} is not a string")
    if len(value) > MAX_STRING_BYTES or not value.isascii():  # ASCII: one byte a character
        _check_utf8(name, value)
    return value


def _check_utf8(name: str, value: str) -> None:
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can spell
        raise InvalidEvent(f"behavior.{name}", "not valid Unicode (half a surrogate pair)") from error
    if size > MAX_STRING_BYTES:
        raise InvalidEvent(
            f"behavior.{name}", f"{size} bytes of UTF-8, at most {MAX_STRING_BYTES} are allowed"
        )


def _optional_string(name: str, value: Any) -> str | None:
    return None if value is None else _required_string(name, value)


def _optional_amount(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidEvent(f"behavior.{name}", "not a number")
    try:
        amount = float(value)
    except OverflowError:
        amount = math.inf
    if not math.isfinite(amount):
        raise InvalidEvent(f"behavior.{name}", "not finite")
    if amount < 0:
        raise InvalidEvent(f"behavior.{name}", f"{amount:g} is negative")
    return amount


def _behavior(name: str, value: Any) -> str:
    if _required_string(name, value) not in BEHAVIORS:
        raise InvalidEvent(f"behavior.{name}", f"{_shown(value)} is none of {', '.join(BEHAVIORS)}")
    return str(value)


def _event_time(name: str, value: Any) -> int:
    if value is None:
        raise InvalidEvent(f"behavior.{name}", "missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidEvent(
            f"behavior.{name}", f"{_shown(value)} is not an integer (milliseconds since 1970, UTC)"
        )
    if not 0 < value < END_OF_TIME_MS:
        raise InvalidEvent(f"behavior.{name}", f"{_shown(value)} ms is not between 1970 and 2100")
    return value


def _shown(value: Any) -> str:
    """A value as an error may quote it: never long, whatever was sent."""
    text = ascii(value) if not isinstance(value, int) or abs(value) < 10**20 else "a huge number"
    return text if len(text) <= 60 else text[:57] + "..."


_CHECKS = {
    "event_id": _required_string,
    "visitor_id": _required_string,
    "shop_id": _required_string,
    "industry": _required_string,
    "item_id": _required_string,
    "category": _required_string,
    "brand": _optional_string,
    "price": _optional_amount,
    "quantity": _optional_amount,
    "behavior": _behavior,
    "event_time": _event_time,
}
