"""What becomes of one raw message, as far as it alone decides."""

from typing import Any, NamedTuple

import numpy as np

from schemas.event_types import DEAD_LETTER, WITHHELD

NO_CONSENT = "no consent"
NO_MINUTE = -1


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


class Refused(Exception):  # noqa: N818 - a name from the field's words
    """The message is valid JSON of a known type and yet no event; reads as a reason."""


def dead(message: bytes, reason: str) -> Outcome:
    """It is no event, for that reason; all of it is kept."""
    return Outcome(DEAD_LETTER, None, None, NO_MINUTE, None, message, reason)


def withheld(cause: str) -> Outcome:
    """Nothing of it may be kept."""
    return Outcome(WITHHELD, None, None, NO_MINUTE, None, b"", cause)
