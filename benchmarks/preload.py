"""The events that all subjects read: Complete Journey purchases, over and over, and some repeats."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from schemas.avro import encode
from schemas.behaviors import SCHEMA
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.delivery import Delivery
from tidemark.replay.source import Selection
from tidemark.topics import create_topics

REPEAT_EVERY, REPEATED_AFTER = 100, 10
"""One event in 100 is sent a second time, ten such events later: deduplication has something to do."""

SAY_EVERY = 50_000

Event = dict[str, Any]
Say = Callable[[str], None]


def events(messages: int) -> Iterator[Event]:
    """That many messages, repeats among them; each copy of the year has visitors and event ids of its own."""
    return islice(endless(), messages)


def endless() -> Iterator[Event]:
    """The same without end."""
    return _with_repeats(_copies())


def purchases(copy: str) -> Iterator[Event]:
    """The year once, with visitors and event ids of this copy's own."""
    for _, event in CompleteJourney().rows(Selection()):
        if not isinstance(event, str):
            event["event_id"] = f"{copy}-{event['event_id']}"
            event["visitor_id"] = f"{copy}-{event['visitor_id']}"
            yield event


def _copies() -> Iterator[Event]:
    for number in count():
        yield from purchases(str(number))


def _with_repeats(events: Iterator[Event]) -> Iterator[Event]:
    waiting: deque[Event] = deque()
    for number, event in enumerate(events):
        yield event
        if number % REPEAT_EVERY == 0:
            waiting.append(event)
            if len(waiting) > REPEATED_AFTER:
                yield waiting.popleft()


def preload(kafka: str, topic: str, prefix_topic: str, messages: int, prefix: int, say: Say) -> None:
    """Fill the topic with `messages` events and `prefix_topic` with the first `prefix` of them."""
    create_topics(kafka, [topic, prefix_topic])
    with Delivery(kafka, topic) as whole, Delivery(kafka, prefix_topic) as first:
        for sent, event in enumerate(events(messages)):
            key, body = event["visitor_id"].encode(), encode(SCHEMA, event)
            whole.send(key, body)
            if sent < prefix:
                first.send(key, body)
            if sent and sent % SAY_EVERY == 0:
                say(f"preloaded {sent:,} of {messages:,} events")
        whole.finish()
        first.finish()
