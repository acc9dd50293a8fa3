"""Messages, and what the decoder makes of them, for its tests."""

import json
from typing import Any

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from operators.gate.message_outcomes import Outcome
from schemas.event_types import DEAD_LETTER
from tests.raw_messages import NOW_MS, message

GOOD = message("behavior")
ANY_TIME = MessageDecoder(MessageLimits(131_072, None, None))


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
