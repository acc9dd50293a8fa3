"""What a replay sends: Avro as trusted producers do, or JSON as trackers do, some of it broken."""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from schemas import event_types
from schemas.avro import encode
from tidemark.errors import UserError
from tidemark.replay.source import Event, Source

_NUMBER = {"behavior": "price", "feedback": "list_length"}
_CHOICE = {"behavior": "behavior", "feedback": "kind"}
"""A field of each type that trackers get wrong."""


class Messages(ABC):
    """How events become messages."""

    @abstractmethod
    def topic(self, source: Source) -> str:
        """Where the events of a source go unless another is named."""

    @abstractmethod
    def of(self, source: Source, event: Event) -> Iterator[bytes]:
        """The message of an event, and after it any that is broken."""


class Avro(Messages):
    """Raw Avro bodies for the topic of their type."""

    def topic(self, source: Source) -> str:
        return event_types.EVENT_TYPES[source.event].topic

    def of(self, source: Source, event: Event) -> Iterator[bytes]:
        yield encode(event_types.EVENT_TYPES[source.event].schema, event)


class Json(Messages):
    """JSON for the gate.

    broken : share of events that are followed by a broken message, 0 to 1; the same ones for the same seed.

    Raises
    ------
    UserError : the share is none.
    """

    def __init__(self, broken: float = 0.0, seed: int = 1) -> None:
        if not 0 <= broken <= 1:
            raise UserError(f"--broken {broken}: a share from 0 to 1")
        self._broken, self._dice = broken, random.Random(seed)

    def topic(self, source: Source) -> str:  # noqa: ARG002
        return event_types.RAW

    def of(self, source: Source, event: Event) -> Iterator[bytes]:
        fields = {name: value for name, value in event.items() if value is not None}
        message = {"type": source.event, **fields, **source.envelope(event)}
        yield json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        if self._dice.random() < self._broken:
            yield self._break(message)

    def _break(self, message: dict[str, Any]) -> bytes:
        """As trackers do it: cut off, a field missing, text for a number, another encoding, no JSON."""
        text = json.dumps(message).encode()
        time_ms = message["event_time"]
        assert isinstance(time_ms, int)
        return self._dice.choice(
            (
                text[: self._dice.randrange(1, len(text))],
                json.dumps({name: value for name, value in message.items() if name != "event_id"}).encode(),
                json.dumps({**message, _NUMBER[message["type"]]: "9,99"}).encode(),
                json.dumps({**message, "event_time": f"{time_ms // 1000}"}).encode(),
                json.dumps({**message, _CHOICE[message["type"]]: "gaze"}).encode(),
                text.decode().encode("utf-16"),
                b"<html>502 Bad Gateway</html>",
            )
        )
