"""Options of Flink's Kafka connector for what jobs write."""

from collections.abc import Mapping

from flink_jobs.kafka_access import KafkaAccess

MAX_REQUEST_BYTES = 2 * 1024 * 1024
"""A dead letter holds a whole message, which the broker took with up to 1 MiB, and headers."""

FOR_EVER_MS = 2**31 - 1

PRODUCER = {
    "acks": "all",
    "linger.ms": 20,
    "batch.size": 256 * 1024,
    "max.request.size": MAX_REQUEST_BYTES,
    # While the broker is away the job waits, however long, instead of failing after two minutes.
    "delivery.timeout.ms": FOR_EVER_MS,
    "max.block.ms": FOR_EVER_MS,
}


def sink_options(kafka: KafkaAccess, topics: str) -> dict[str, str]:
    """Of rows (key, value as bytes), at least once; topics : with semicolons."""
    return {
        "connector": "kafka",
        "topic": topics,
        **kafka.connector_options(),
        **{f"properties.{name}": str(value) for name, value in PRODUCER.items()},
        "key.format": "raw",
        "key.fields": "key",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        "sink.delivery-guarantee": "at-least-once",
    }


def listed(options: Mapping[str, str]) -> str:
    """As they stand between the parentheses of WITH."""
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())
