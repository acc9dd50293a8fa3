"""Send encoded events at a steady rate: `… -m benchmarks.peers.send KAFKA TOPIC FILE RATE COUNT FIRST`.

librdkafka takes a fifth of the processor time that a producer in Python would take from what is measured.
"""

import json
import struct
import time
from argparse import ArgumentParser
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

TOKEN = b"@@@@@@"
"""Stands in the ids of every event, and becomes the number of the round: each round has ids of its own."""

LENGTHS = struct.Struct(">HH")
TICK_S = 0.005
BUFFERED = 500_000


def read(file: Path) -> list[tuple[bytes, bytes]]:
    """Key and value of each event of the file: two lengths, then both."""
    data, at, events = file.read_bytes(), 0, []
    while at < len(data):
        key, value = LENGTHS.unpack_from(data, at)
        at += LENGTHS.size
        events.append((data[at : at + key], data[at + key : at + key + value]))
        at += key + value
    return events


def send(kafka: str, topic: str, file: Path, rate: float, count: int, first: int) -> dict[str, float]:
    """Send `count` events, `rate` a second (0: as fast as it goes), the first round being number `first`.

    Raises
    ------
    RuntimeError : the broker did not take all of them.
    """
    taken = 0

    def answered(error: KafkaError | None, _message: Message) -> None:
        nonlocal taken
        taken += error is None

    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "acks": "all",
            "queue.buffering.max.messages": BUFFERED,
        }
    )
    events = read(file)
    sent, started_s = 0, time.time()
    while sent < count:
        due = count if rate == 0 else min(count, int((time.time() - started_s) * rate) + 1)
        for number in range(sent, due):
            key, value = events[number % len(events)]
            token = b"%06d" % (first + number // len(events))
            while len(producer) > BUFFERED // 2:
                producer.poll(TICK_S)
            producer.produce(
                topic, value.replace(TOKEN, token), key.replace(TOKEN, token), on_delivery=answered
            )
        sent = due
        producer.poll(TICK_S if rate else 0)
    producer.flush()
    if taken < count:
        raise RuntimeError(f"the broker took {taken} of {count} events")
    return {"started_s": started_s, "ended_s": time.time(), "rounds": -(-count // len(events))}


def main() -> None:
    """Say as JSON when it began and ended, and how many rounds there were."""
    parser = ArgumentParser()
    for name in ("kafka", "topic", "file", "rate", "count", "first"):
        parser.add_argument(name)
    given = parser.parse_args()
    said = send(
        given.kafka, given.topic, Path(given.file), float(given.rate), int(given.count), int(given.first)
    )
    print(json.dumps(said))


if __name__ == "__main__":
    main()
