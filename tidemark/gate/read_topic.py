"""Reading a whole topic once, from its first message to what was its last when reading began."""

from collections.abc import Callable, Iterator
from typing import Any

from tidemark.topics import Kafka, Topic, connecting

BATCH = 10_000
POLL_MS = 500

OnProgress = Callable[[int], None]
"""Told how many messages have been read since it was told last."""


def read_topic(kafka: Kafka, topic: Topic, on_progress: OnProgress = lambda _: None) -> Iterator[list[Any]]:
    """Batches of records (kafka-python's) of one partition each; memory does not grow with the topic.

    Raises
    ------
    UserError : Kafka cannot be reached.
    """
    from kafka import KafkaConsumer, TopicPartition

    with connecting(kafka) as options:
        consumer = KafkaConsumer(
            **options,
            check_crcs=False,
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        try:
            parts = {
                TopicPartition(topic.name, p): end for p, end in topic.end.items() if end > topic.first[p]
            }
            consumer.assign(list(parts))
            for part in parts:
                consumer.seek(part, topic.first[part.partition])
            while parts:
                for part, records in consumer.poll(POLL_MS, BATCH).items():
                    wanted = [record for record in records if record.offset < topic.end[part.partition]]
                    on_progress(len(wanted))
                    if wanted:
                        yield wanted
                # The position passes control records too, which are never given to us.
                done = [part for part, end in parts.items() if consumer.position(part) >= end]
                for part in done:
                    consumer.pause(part)
                    del parts[part]
        finally:
            consumer.close()


def headers_of(record: Any) -> dict[str, bytes]:
    """By name; of several alike the last."""
    return {name: value for name, value in record.headers if value is not None}
