"""Bytes into a Kafka topic: fast, in order for each key, nothing lost and no failure overlooked."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any

from tidemark.errors import UserError
from tidemark.topics import Kafka, check_topic, connecting

SETTINGS: dict[str, Any] = {
    # Idempotence (with all replicas' acknowledgement): retries neither lose, nor double, nor swap messages.
    "acks": "all",
    "enable_idempotence": True,
    "delivery_timeout_ms": 120_000,
    "linger_ms": 50,
    "batch_size": 256 * 1024,
    "allow_auto_create_topics": False,
}

MAX_UNANSWERED = 50_000
"""kafka-python would keep any number of messages in memory: we wait once so many answers are missing."""

MAX_KEYS = 100_000

FLUSH_TIMEOUT_S = 130
SETTLE_S = 2


def _partitioner(partitions: int) -> Callable[[bytes], int]:
    """Kafka's default partition of a key, remembered: hashing anew takes an eighth of a replay's time."""
    from kafka.partitioner.default import murmur2

    return lru_cache(MAX_KEYS)(lambda key: (murmur2(key) & 0x7FFFFFFF) % partitions)


def _cause(unanswered: Iterable[Any]) -> BaseException | None:
    """Why the first of the messages failed: a flush says only that something did, and a moment too early."""
    from kafka.errors import KafkaError

    for future in unanswered:
        if not future.succeeded():
            with suppress(KafkaError):
                future.get(SETTLE_S)
            cause: BaseException | None = future.exception
            return cause
    return None


class Delivery:
    """A producer to one topic; a context manager. Without `finish` at its end, what is buffered may be lost.

    accepted : messages that Kafka has acknowledged, as far as answers were seen; complete after `finish`.

    Raises
    ------
    UserError : on opening, exit code 2 when Kafka or the topic is missing; later, exit code 1 as soon as
        Kafka has refused a message, or not taken it within two minutes of retries.
    """

    def __init__(self, kafka: Kafka, topic: str) -> None:
        from kafka import KafkaProducer

        partitions = len(check_topic(kafka, topic).end)
        self._kafka, self._topic = kafka, topic
        self._partition = _partitioner(partitions)
        with connecting(kafka) as options:
            self._producer = KafkaProducer(**options, **SETTINGS)
        self._unanswered: deque[Any] = deque()
        self.accepted = 0

    def send(self, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Hand one message over; it may be answered much later."""
        from kafka.errors import KafkaError

        try:
            future = self._producer.send(
                self._topic, value, key, list(headers), partition=self._partition(key)
            )
            self._unanswered.append(future)
            if len(self._unanswered) > MAX_UNANSWERED:
                self._unanswered[0].get(FLUSH_TIMEOUT_S)
        except KafkaError as error:
            raise self._failure(error) from error
        self._look_at_answers()

    def finish(self) -> None:
        """Send what is buffered and wait for every answer."""
        from kafka.errors import KafkaError

        try:
            self._producer.flush(FLUSH_TIMEOUT_S)
        except KafkaError as error:
            raise self._failure(error) from error
        self._look_at_answers()

    def _look_at_answers(self) -> None:
        waiting = self._unanswered
        while waiting and waiting[0].is_done:
            error = waiting[0].exception
            if error is not None:
                raise self._failure(error) from error
            waiting.popleft()
            self.accepted += 1

    def _failure(self, error: BaseException) -> UserError:
        waiting, self._unanswered = self._unanswered, deque()
        reason = str(_cause(waiting) or error).removesuffix(": None")
        taken = sum(future.succeeded() for future in waiting)
        self.accepted += taken
        return UserError(
            f"Kafka at {self._kafka} took {self.accepted:,} messages for topic {self._topic!r}, "
            f"then refused or did not answer for {len(waiting) - taken:,}: {reason}. Run it again: "
            "event ids stay the same, so what is there already counts once",
            exit_code=1,
        )

    def __enter__(self) -> "Delivery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._producer.close()
            return
        from kafka.errors import KafkaError

        # Something failed, or a person does not want to wait: whatever is still buffered gets one second.
        try:
            self._producer.close(timeout=1)
        except KafkaError:
            # close() gives up where its flush does; its thread would go on, and __del__ complain.
            self._producer._sender.force_close()
            self._producer._closed = True
