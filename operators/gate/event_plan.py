"""Finishing an event that msgspec has read: defaults, what msgspec does not check, Avro. No Flink here.

Keys given twice, control characters and lengths in bytes are looked for only where a cheap look at the bytes
says that they could be there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from fastavro import schemaless_writer
from msgspec import UNSET
from msgspec.structs import asdict, astuple

from operators.gate.encode_columns import Values, column_encoder
from operators.gate.look_at_bytes import Counts, Mask
from operators.gate.message_outcomes import NO_MINUTE, Outcome, Refused
from schemas import refusals
from schemas.avro import load
from schemas.behaviors import MAX_STRING_BYTES
from schemas.event_types import EventType
from schemas.typed_json import CONTROL_CHARACTERS, CONTROL_CHARACTERS_OF_PROSE, optional_fields

ENVELOPE = tuple(of["name"] for of in load("envelope").fields)


class EventPlan:
    """How events of one type are finished once msgspec has read them."""

    def __init__(self, of: EventType) -> None:
        self.name, self.tracks_visitor = of.name, of.tracks_visitor
        self._topic, self._key, self._wire = of.topic, of.key, of.schema.wire
        names = [field["name"] for field in of.schema.fields]
        self._known = frozenset({*names, *ENVELOPE, "type"})
        self._required = len(names) - len(optional_fields(of.schema))
        self._defaults = {f["name"]: f["default"] for f in of.schema.fields if "default" in f}
        self._strings = [_string_check(f) for f in of.schema.fields if _has_strings(f)]
        self._strings.append(("basket_id", MAX_STRING_BYTES, CONTROL_CHARACTERS))
        self._is_list = "list_id" in names
        self._names, self._encode = names, column_encoder(of.schema)
        self._columns = (*names, *ENVELOPE)

    def fill(self, event: Any, message: bytes) -> None:
        """Put defaults where fields are absent, and check what msgspec has not.

        Raises
        ------
        Refused : a key is given twice, a string is too long or has control characters.
        """
        fields = 1 + self._required
        for name, default in self._defaults.items():
            if getattr(event, name) is UNSET:
                setattr(event, name, default)
            else:
                fields += 1
        fields += (event.consent is not UNSET) + (event.basket_id is not UNSET)
        # Each field has its colon: no more of them, and no key stands twice and no unknown field is there.
        if message.count(b":") != fields or len(message) > MAX_STRING_BYTES or not _is_plain(message):
            _refuse_repeated_keys(message, self.name, self._known)
            self._check_strings(event)

    def outcome(self, event: Any) -> Outcome:
        """Of a valid event."""
        body = BytesIO()
        schemaless_writer(body, self._wire, asdict(event))
        minute = event.event_time // 60_000 if self.tracks_visitor else NO_MINUTE
        key, unit = getattr(event, self._key), self._unit(event)
        return Outcome(self._topic, key, event.event_id, minute, unit, body.getvalue(), None)

    def columns(self, events: Sequence[Any]) -> dict[str, Values]:
        """Of events as msgspec has read them, by name: the fields, then the envelope's."""
        return dict(zip(self._columns, zip(*map(astuple, events), strict=True), strict=True))

    def are_ordinary(
        self, columns: Mapping[str, Values], lengths: Counts, colons: Counts, plain: Mask
    ) -> Mask:
        """Which of the events (n,) `fill` would not look at closely, and do not deny consent."""
        fields = np.full(len(lengths), 1 + self._required)
        for name in (*self._defaults, *ENVELOPE):
            absent = UNSET in columns[name]
            fields += np.array([value is not UNSET for value in columns[name]]) if absent else 1
        denied = np.array([self.tracks_visitor and value is False for value in columns["consent"]])
        ordinary: Mask = (colons == fields) & (lengths <= MAX_STRING_BYTES) & plain & ~denied
        return ordinary

    def outcomes(self, columns: Mapping[str, Values]) -> dict[str, Any]:
        """Of valid events: the columns of `Outcome` but for the reason, which there is none of."""
        of = {name: self._filled(name, columns[name]) for name in self._names}
        counts = self.tracks_visitor
        return {
            "topic": self._topic,
            "key": of[self._key],
            "event_id": of["event_id"],
            "minute": [time_ms // 60_000 for time_ms in of["event_time"]] if counts else NO_MINUTE,
            "unit": self._units(columns),
            "value": self._encode(list(of.values())),
        }

    def _filled(self, name: str, values: Values) -> Values:
        if name not in self._defaults or UNSET not in values:
            return values
        return [self._defaults[name] if value is UNSET else value for value in values]

    def _units(self, columns: Mapping[str, Values]) -> Values:
        baskets = [None if basket is UNSET else basket for basket in columns["basket_id"]]
        if not self._is_list:
            return baskets
        lists = zip(baskets, columns["list_id"], columns["kind"], strict=True)
        return [
            list_id if basket is None and kind == "impression" else basket for basket, list_id, kind in lists
        ]

    def _unit(self, event: Any) -> str | None:
        """The basket; or the list, whose impressions come all at once."""
        if event.basket_id is not UNSET and event.basket_id is not None:
            return str(event.basket_id)
        return str(event.list_id) if self._is_list and event.kind == "impression" else None

    def _check_strings(self, event: Any) -> None:
        for name, max_bytes, forbidden in self._strings:
            for text in _strings_in(getattr(event, name)):
                if len(text.encode()) > max_bytes:
                    raise Refused(f"{self.name}.{name}: {refusals.too_long(max_bytes)}")
                if forbidden.search(text):
                    raise Refused(f"{self.name}.{name}: {refusals.CONTROL_CHARACTER}")


def _is_plain(message: bytes) -> bool:
    """No character outside ASCII, nothing escaped: what could be a control character would have to be."""
    return message.isascii() and b"\\" not in message and b"\x7f" not in message


def _refuse_repeated_keys(message: bytes, name: str, known: frozenset[str]) -> None:
    """Read it once more with Python's decoder, which also looks at what msgspec skips."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise Refused(f"{name}.{twice if twice in known else '…'}: {refusals.GIVEN_TWICE}")

    try:
        json.loads(message.decode(), object_pairs_hook=once, parse_int=str, parse_float=str)
    except UnicodeDecodeError:
        raise Refused(refusals.NOT_UTF8) from None
    except ValueError:
        raise Refused(refusals.NOT_JSON) from None
    except RecursionError:
        raise Refused(refusals.TOO_DEEP) from None


def _has_strings(field: dict[str, Any]) -> bool:
    of = field["type"]
    of = of[1] if isinstance(of, list) else of
    return of == "string" or (isinstance(of, dict) and (of.get("items") == "string" or of["type"] == "map"))


def _string_check(field: dict[str, Any]) -> tuple[str, int, "re.Pattern[str]"]:
    forbidden = CONTROL_CHARACTERS_OF_PROSE if field.get("prose") else CONTROL_CHARACTERS
    return field["name"], field.get("max_bytes", MAX_STRING_BYTES), forbidden


def _strings_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | dict) else []
