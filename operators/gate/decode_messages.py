"""One raw message -> what becomes of it, as far as the message alone decides. No Flink here.

msgspec decodes and checks against types made from the `.avsc`; `EventPlan` does the rest.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from msgspec import DecodeError as MalformedJson
from msgspec import Struct, ValidationError
from msgspec.json import Decoder

from operators.gate.encode_columns import Values
from operators.gate.event_plan import EventPlan
from operators.gate.look_at_bytes import Counts, Mask, look_at_bytes
from operators.gate.message_outcomes import NO_CONSENT, Outcome, Outcomes, Refused, dead, withheld
from schemas import refusals
from schemas.avro import load
from schemas.event_types import EVENT_TYPES
from schemas.typed_json import decoder

_REFUSES = re.compile(rb'"consent"\s*:\s*false')


class MessageLimits(NamedTuple):
    """What a message must keep to.

    max_bytes : larger ones are not decoded.
    window_ms, ahead_ms : how much older and newer than its arrival an event may be; None: any time may enter.
    """

    max_bytes: int
    window_ms: int | None
    ahead_ms: int | None


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
        self._plans = {name: EventPlan(of) for name, of in EVENT_TYPES.items()}

    def outcome(self, message: bytes | None, arrived_ms: int) -> Outcome:
        """Of one message."""
        found = self._decoded(message or b"", arrived_ms)
        return found if isinstance(found, Outcome) else self._plans[type(found).__name__].outcome(found)

    def outcomes(self, messages: Sequence[bytes | None], arrived_ms: Sequence[int]) -> "Outcomes":
        """Of many messages: the same, a column a field of `Outcome`, in a third of the time.

        What is checked of every event is checked a column at a time; what is odd is looked at closely.
        """
        raws = [message or b"" for message in messages]
        columns = {name: np.full(len(raws), None, dtype=object) for name in Outcome._fields}
        events: dict[str, tuple[list[int], list[Any]]] = {name: ([], []) for name in self._plans}
        for place, raw in enumerate(raws):
            event = self._read(raw)
            if isinstance(event, Outcome):
                _put(columns, place, event)
            else:
                places, alike = events[type(event).__name__]
                places.append(place)
                alike.append(event)
        looks, at_ms = look_at_bytes(raws), np.asarray(arrived_ms, np.int64)
        for name, (places, alike) in events.items():
            if not alike:
                continue
            plan, at = self._plans[name], np.array(places)
            of = plan.columns(alike)
            ordinary = plan.are_ordinary(of, *(look[at] for look in looks)) & self._in_time(of, at_ms[at])
            valid = ordinary.copy()
            for i in np.flatnonzero(~ordinary):
                found = self._finished(alike[i], raws[at[i]], arrived_ms[at[i]])
                valid[i] = not isinstance(found, Outcome)
                if not valid[i]:
                    _put(columns, at[i], found)
            if valid.any():
                passed = of if valid.all() else {field: [*compress(of[field], valid)] for field in of}
                for field, values in plan.outcomes(passed).items():
                    columns[field][at[valid]] = values
        return columns

    def _decoded(self, message: bytes, arrived_ms: int) -> Any:
        """A valid event, complete; or an `Outcome`."""
        event = self._read(message)
        return event if isinstance(event, Outcome) else self._finished(event, message, arrived_ms)

    def _read(self, message: bytes) -> Any:
        """An event as msgspec has read it; or an `Outcome`."""
        try:
            return self._event.decode(message)
        except (MalformedJson, UnicodeDecodeError, RecursionError) as error:
            return self._invalid(message, error)

    def _finished(self, event: Any, message: bytes, arrived_ms: int) -> Any:
        """The event, complete, if it is valid; or an `Outcome`."""
        plan = self._plans[type(event).__name__]
        if event.consent is False and plan.tracks_visitor:
            return withheld(NO_CONSENT)
        try:
            plan.fill(event, message)
            self._check_time(plan.name, event.event_time, arrived_ms)
            return event
        except Refused as refused:
            # Consent may have been given twice, and not the same.
            refuses = plan.tracks_visitor and _REFUSES.search(message)
            return withheld(NO_CONSENT) if refuses else dead(message, str(refused))

    def _in_time(self, columns: Mapping[str, Values], arrived_ms: Counts) -> Mask:
        """Which events (n,) `_check_time` would not refuse."""
        age_ms = arrived_ms - np.asarray(columns["event_time"], np.int64)
        young = np.ones(len(age_ms), bool) if self._window_ms is None else age_ms <= self._window_ms
        return young if self._ahead_ms is None else young & (-age_ms <= self._ahead_ms)

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
            return dead(message, refusals.NOT_AN_OBJECT)
        except (MalformedJson, UnicodeDecodeError, RecursionError) as undecodable:
            if _REFUSES.search(message):
                return withheld(NO_CONSENT)
            first = undecodable if isinstance(error, ValidationError) else error
            return dead(message, refusals.of_undecodable(message, first))
        of = EVENT_TYPES.get(head.type) if isinstance(head.type, str) else None
        if head.consent is False and (of is None or of.tracks_visitor):
            return withheld(NO_CONSENT)
        if not isinstance(error, ValidationError):
            return dead(message, refusals.of_undecodable(message, error))
        return dead(message, refusals.of_invalid(error, self._schemas, head.type))


def _put(columns: "Outcomes", place: int, outcome: Outcome) -> None:
    for name, value in zip(Outcome._fields, outcome, strict=True):
        columns[name][place] = value
