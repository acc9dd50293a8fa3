"""Dead letters: why messages were refused, and sending them again once the cause is mended."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.event_types import DEAD_LETTER, DEAD_LETTER_BYTES, RESENT, Header
from tidemark.gate.read_topic import headers_of, read_topic
from tidemark.topics import Kafka, check_topic


@dataclass(frozen=True)
class DeadLetter:
    """One entry of `events.dead-letter`.

    source : the original's position, `events.raw:3:1024`.
    attempt : how often it had been sent again when it was refused.
    arrived : epoch seconds, of the original.
    """

    source: bytes
    reason: str
    attempt: int
    arrived: bytes
    message: bytes

    @classmethod
    def of(cls, record: Any) -> "DeadLetter":
        """From kafka-python's record."""
        headers = headers_of(record)
        return cls(
            headers[Header.SOURCE],
            headers[Header.REASON].decode(),
            int(headers[Header.ATTEMPT]),
            headers[Header.ARRIVED],
            record.value or b"",
        )


@dataclass
class DeadLetters:
    """What waits to be mended: the latest refusal of each position that has not been sent again since.

    open : reason -> how many.
    examples : reason -> the first few messages.
    sent_again : positions whose refusals have been sent again.
    """

    open: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[DeadLetter]] = field(default_factory=dict)
    sent_again: int = 0


OnProgress = Callable[[float], None]


def find_dead_letters(
    kafka: Kafka, prefix: str, matches: Callable[[str], bool], examples: int, on_progress: OnProgress
) -> DeadLetters:
    """Count the open dead letters whose reason matches; memory grows with their number, not their sizes.

    Raises
    ------
    UserError : Kafka or a topic is missing.
    """
    attempts = _attempts(kafka, prefix, on_progress)
    found = DeadLetters(sent_again=len(attempts))
    for letter in _open(kafka, prefix, attempts, matches, on_progress):
        found.open[letter.reason] += 1
        shown = found.examples.setdefault(letter.reason, [])
        if len(shown) < examples:
            shown.append(letter)
    return found


def resend(kafka: Kafka, prefix: str, matches: Callable[[str], bool], on_progress: OnProgress) -> int:
    """Send the open dead letters that match to `events.resent`; returns how many.

    Sent again means: the topic holds the position with a later attempt than the letter's. So who sends again
    what was sent again sends nothing, also after having been interrupted.

    Raises
    ------
    UserError : Kafka or a topic is missing, or a message was not taken: run it again, nothing is sent twice.
    """
    from tidemark.replay.delivery import Delivery

    attempts = _attempts(kafka, prefix, on_progress)
    with Delivery(kafka, prefix + RESENT) as delivery:
        for letter in _open(kafka, prefix, attempts, matches, on_progress):
            if len(letter.message) >= DEAD_LETTER_BYTES:
                continue  # the end of it is not there
            headers = [
                (Header.SOURCE, letter.source),
                (Header.ARRIVED, letter.arrived),
                (Header.ATTEMPT, str(letter.attempt + 1).encode()),
            ]
            delivery.send(letter.source, letter.message, headers)
        delivery.finish()
        return delivery.accepted


def _open(
    kafka: Kafka,
    prefix: str,
    attempts: Mapping[bytes, int],
    matches: Callable[[str], bool],
    on_progress: OnProgress,
) -> Iterator[DeadLetter]:
    """Each open dead letter that matches, once, however often it stands in the topic."""
    given: set[tuple[bytes, int]] = set()
    for record in _records(kafka, prefix + DEAD_LETTER, on_progress):
        letter = DeadLetter.of(record)
        named = (letter.source, letter.attempt)
        if attempts.get(letter.source, 0) > letter.attempt or named in given or not matches(letter.reason):
            continue
        given.add(named)
        yield letter


def _attempts(kafka: Kafka, prefix: str, on_progress: OnProgress) -> dict[bytes, int]:
    """Position -> the latest attempt that was sent again."""
    attempts: dict[bytes, int] = {}
    for record in _records(kafka, prefix + RESENT, on_progress):
        headers = headers_of(record)
        source = headers[Header.SOURCE]
        attempts[source] = max(attempts.get(source, 0), int(headers[Header.ATTEMPT]))
    return attempts


def _records(kafka: Kafka, name: str, on_progress: OnProgress) -> Iterator[Any]:
    topic = check_topic(kafka, name)
    read, total = 0, max(topic.messages, 1)
    on_progress(0.0)
    for records in read_topic(kafka, topic):
        yield from records
        read += len(records)
        on_progress(min(read / total, 1.0))
    on_progress(1.0)
