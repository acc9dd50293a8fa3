"""The types of event that trackers send, and the topics of the gate: each type is one `.avsc`."""

from dataclasses import dataclass

from schemas.avro import Schema, load


@dataclass(frozen=True)
class EventType:
    """One type of event.

    name : as trackers write it in `type`; of the schema's file.
    topic : where events of the type lie as raw Avro.
    key : the field whose UTF-8 is the message's key: whose event it is.
    tracks_visitor : it says what a visitor did, so it needs consent and counts against the limit a minute.
    """

    name: str
    schema: Schema
    topic: str
    key: str
    tracks_visitor: bool


def _load(name: str) -> EventType:
    schema = load(name)
    said = schema.definition
    return EventType(name, schema, said["topic"], said["key"], said.get("tracks_visitor", False))


EVENT_TYPES = {name: _load(name) for name in ("behavior", "feedback", "exposure", "article", "erasure")}
"""By name; a new one is an `.avsc` and its name here."""

CLEAN = tuple(of.topic for of in EVENT_TYPES.values())
RAW, RESENT = "events.raw", "events.resent"
DEAD_LETTER, SUSPECT, WITHHELD = "events.dead-letter", "events.suspect", "events.withheld"
SEGMENT_CHANGES = load("segment_change").definition["topic"]
OUTCOMES = (*CLEAN, DEAD_LETTER, SUSPECT, WITHHELD)
"""Topics: what passed; what trackers send, and dead letters sent again; what did not pass."""


DEAD_LETTER_BYTES = 1024 * 1024
"""Of a larger message, which only a broker with a raised limit takes, a dead letter has the beginning."""


class Header:
    """Headers of the gate's messages.

    SOURCE : `events.raw:3:1024`, where the message stood; of one sent again, where it stood first.
    REASON : why it is a dead letter.
    ARRIVED : of a dead letter, Kafka's timestamp of the original, epoch seconds in decimal.
    ATTEMPT : how often a dead letter had been sent again, in decimal.
    TO : the topic to which a suspect would have gone.
    """

    SOURCE, REASON, ARRIVED, ATTEMPT, TO = "source", "reason", "arrived", "attempt", "to"
