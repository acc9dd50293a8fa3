"""Asking the jobs to forget a visitor."""

from uuid import uuid4

from schemas.avro import encode
from schemas.event_types import EVENT_TYPES
from tidemark.errors import UserError
from tidemark.replay.delivery import Delivery
from tidemark.topics import Kafka, create_topics

ERASURE = EVENT_TYPES["erasure"]


def forget(kafka: Kafka, visitor: str, until_ms: int, topic: str = "") -> str:
    """Send one erasure, and return the topic's name once Kafka has taken it.

    until_ms : epoch milliseconds; what happened then or before is to be forgotten.
    topic : empty: that of the schema. It is created where it is missing.

    Raises
    ------
    UserError : the id is empty, or Kafka does not take the event.
    """
    if not visitor:
        raise UserError("the visitor's id is empty: name whom to forget")
    topic = topic or ERASURE.topic
    create_topics(kafka, [topic])
    event = {"event_id": f"forget-{uuid4()}", "visitor_id": visitor, "event_time": until_ms}
    with Delivery(kafka, topic) as delivery:
        delivery.send(visitor.encode(), encode(ERASURE.schema, event))
        delivery.finish()
    return topic
