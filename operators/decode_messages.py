"""One raw message -> what becomes of it, as far as the message alone decides. No Flink here.

msgspec decodes and checks against types made from the `.avsc`; fastavro encodes. What msgspec does not see
(keys given twice, control characters, lengths in bytes) is looked at only where a cheap look at the bytes
says that it could be there.
"""

import json
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from fastavro import schemaless_writer
from msgspec import UNSET, Struct, ValidationError
from msgspec import DecodeError as MalformedJson
from msgspec.json import Decoder
from msgspec.structs import asdict, astuple

from operators.encode_columns import column_encoder
from schemas import refusals
from schemas.avro import load
from schemas.behaviors import MAX_STRING_BYTES
from schemas.event_types import DEAD_LETTER, EVENT_TYPES, WITHHELD, EventType
from schemas.typed_json import CONTROL_CHARACTERS, CONTROL_CHARACTERS_OF_PROSE, decoder, optional_fields

NO_CONSENT = "no consent"
NO_MINUTE = -1
_REFUSES = re.compile(rb'"consent"\s*:\s*false')


class Outcome(NamedTuple):
    """What becomes of a message, before its visitor's other messages are looked at.

    topic : where it goes.
    key : of the event, and the key of its state; None: it goes by its position.
    event_id : None: nothing is asked about repeats.
    minute : of event time, since 1970; NO_MINUTE: it does not count against the limit.
    unit : events of one unit count once a minute; None: it is a unit by itself.
    value : Avro body; the message itself for a dead letter; empty for what is withheld.
    reason : why it does not pass; None when it may.
    """

    topic: str
    key: str | None
    event_id: str | None
    minute: int
    unit: str | None
    value: bytes
    reason: str | None


Outcomes = dict[str, "np.ndarray[Any, np.dtype[Any]]"]
"""Columns of objects by the names of `Outcome`'s fields."""


class MessageLimits(NamedTuple):
    """What a message must keep to.

    max_bytes : larger ones are not decoded.
    window_ms, ahead_ms : how much older and newer than its arrival an event may be; None: any time may enter.
    """

    max_bytes: int
    window_ms: int | None
    ahead_ms: int | None


class Refused(Exception):  # noqa: N818 - a name from the field's words
    """The message is valid JSON of a known type and yet no event; reads as a reason."""


class _Head(Struct):
    """What is asked of a message that is no valid event."""

    type: Any = None
    consent: Any = None


class MessageDecoder:
    """Decodes, checks and encodes messages, whatever they hold; keeps nothing between them.

    `arrived_ms` is Kafka's timestamp; a message is None when Kafka held no value. Nothing raises.
    """

    def __init__(self, limits: MessageLimits) -> None:
        self._window_ms, self._ahead_ms = limits.window_ms, limits.ahead_ms
        self._schemas = {name: of.schema for name, of in EVENT_TYPES.items()}
        self._event = decoder(self._schemas, load("envelope"))
        self._head = Decoder(_Head)
        self._plans = {name: _Plan(of) for name, of in EVENT_TYPES.items()}

    def outcome(self, message: bytes | None, arrived_ms: int) -> Outcome:
        """Of one message."""
        found = self._decoded(message or b"", arrived_ms)
        return found if isinstance(found, Outcome) else self._plans[type(found).__name__].outcome(found)

    def outcomes(self, messages: Sequence[bytes | None], arrived_ms: Sequence[int]) -> "Outcomes":
        """Of many messages: the same, a column a field of `Outcome`, in a third of the time."""
        columns = {name: np.full(len(messages), None, dtype=object) for name in Outcome._fields}
        events: dict[str, tuple[list[int], list[Any]]] = {name: ([], []) for name in self._plans}
        for place, (message, at_ms) in enumerate(zip(messages, arrived_ms, strict=True)):
            found = self._decoded(message or b"", at_ms)
            if isinstance(found, Outcome):
                for name, value in zip(Outcome._fields, found, strict=True):
                    columns[name][place] = value
            else:
                places, alike = events[type(found).__name__]
                places.append(place)
                alike.append(found)
        for name, (places, alike) in events.items():
            if alike:
                for field, values in self._plans[name].outcomes(alike).items():
                    columns[field][places] = values
        return columns

    def _decoded(self, message: bytes, arrived_ms: int) -> Any:
        """A valid event, complete; or an `Outcome`."""
        try:
            event = self._event.decode(message)
        except (MalformedJson, UnicodeDecodeError, RecursionError) as error:
            return self._invalid(message, error)
        plan = self._plans[type(event).__name__]
        if event.consent is False and plan.tracks_visitor:
            return _withheld(NO_CONSENT)
        try:
            plan.fill(event, message)
            self._check_time(plan.name, event.event_time, arrived_ms)
            return event
        except Refused as refused:
            # Consent may have been given twice, and not the same.
            refuses = plan.tracks_visitor and _REFUSES.search(message)
            return _withheld(NO_CONSENT) if refuses else _dead(message, str(refused))

    def _check_time(self, name: str, event_ms: int, arrived_ms: int) -> None:
        if self._window_ms is not None and event_ms < arrived_ms - self._window_ms:
            raise Refused(f"{name}.event_time: {refusals.TOO_OLD}")
        if self._ahead_ms is not None and event_ms > arrived_ms + self._ahead_ms:
            raise Refused(f"{name}.event_time: {refusals.TOO_NEW}")

    def _invalid(self, message: bytes, error: Exception) -> Outcome:
        """Nothing is kept of a message that says, readably or not, that there is no consent."""
        try:
            head = self._head.decode(message)
        except ValidationError:
            return _dead(message, refusals.NOT_AN_OBJECT)
        except (MalformedJson, UnicodeDecodeError, RecursionError) as undecodable:
            if _REFUSES.search(message):
                return _withheld(NO_CONSENT)
            first = undecodable if isinstance(error, ValidationError) else error
            return _dead(message, refusals.of_undecodable(message, first))
        of = EVENT_TYPES.get(head.type) if isinstance(head.type, str) else None
        if head.consent is False and (of is None or of.tracks_visitor):
            return _withheld(NO_CONSENT)
        if not isinstance(error, ValidationError):
            return _dead(message, refusals.of_undecodable(message, error))
        return _dead(message, refusals.of_invalid(error, self._schemas, head.type))


class _Plan:
    """How events of one type are finished once msgspec has read them."""

    def __init__(self, of: EventType) -> None:
        self.name, self.tracks_visitor = of.name, of.tracks_visitor
        self._topic, self._key, self._wire = of.topic, of.key, of.schema.wire
        names = [field["name"] for field in of.schema.fields]
        self._known = frozenset({*names, "type", "consent", "basket_id"})
        self._required = len(names) - len(optional_fields(of.schema))
        self._defaults = {f["name"]: f["default"] for f in of.schema.fields if "default" in f}
        self._strings = [_string_check(f) for f in of.schema.fields if _has_strings(f)]
        self._strings.append(("basket_id", MAX_STRING_BYTES, CONTROL_CHARACTERS))
        self._is_list = "list_id" in names
        self._names, self._encode = names, column_encoder(of.schema)

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

    def outcomes(self, events: Sequence[Any]) -> dict[str, Any]:
        """Of valid events: the columns of `Outcome` but for the reason, which there is none of."""
        columns = list(zip(*map(astuple, events), strict=True))[: len(self._names)]
        of = dict(zip(self._names, columns, strict=True))
        counts = self.tracks_visitor
        return {
            "topic": self._topic,
            "key": of[self._key],
            "event_id": of["event_id"],
            "minute": [time_ms // 60_000 for time_ms in of["event_time"]] if counts else NO_MINUTE,
            "unit": [self._unit(event) for event in events],
            "value": self._encode(columns),
        }

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


def _dead(message: bytes, reason: str) -> Outcome:
    return Outcome(DEAD_LETTER, None, None, NO_MINUTE, None, message, reason)


def _withheld(cause: str) -> Outcome:
    return Outcome(WITHHELD, None, None, NO_MINUTE, None, b"", cause)


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
