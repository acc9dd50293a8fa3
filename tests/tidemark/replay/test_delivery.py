"""Replays into the real Kafka."""

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from schemas.avro import decode
from schemas.behaviors import SCHEMA
from tests.tidemark.replay.conftest import Rows, event
from tidemark.errors import UserError
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.delivery import Delivery
from tidemark.replay.run import Replayed, replay
from tidemark.replay.selection import events
from tidemark.replay.source import BadRow, Selection
from tidemark.topics import check_topic, create_topics

if TYPE_CHECKING:
    from tidemark.stack.stack import LocalStack

pytestmark = pytest.mark.flink

N = 20_000


@pytest.fixture
def kafka(stack: "LocalStack") -> str:
    return stack.addresses["kafka"]


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"replay-{uuid4().hex}"
    create_topics(kafka, [name], partitions=4)
    return name


def messages(kafka: str, topic: str) -> list[tuple[int, bytes, dict[str, Any]]]:
    """All of a topic: partition, key, event; by partition in order of offset."""
    from kafka import KafkaConsumer, TopicPartition

    end = check_topic(kafka, topic).end
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    got: list[tuple[int, bytes, dict[str, Any]]] = []
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in end])
        while len(got) < sum(end.values()):
            for part, records in consumer.poll(timeout_ms=1_000).items():
                got += [(part.partition, record.key, decode(SCHEMA, record.value)) for record in records]
    finally:
        consumer.close()
    return got


def test_what_was_replayed_is_what_is_consumed_each_visitor_in_order_on_one_partition(
    kafka: str, topic: str, complete_journey: CompleteJourney
) -> None:
    selection = Selection(limit=N)
    result = replay(complete_journey, kafka, topic=topic, selection=selection)
    assert (result.sent, result.bad, result.interrupted) == (N, 0, False)

    sent, got = defaultdict(list), defaultdict(list)
    for row in events(complete_journey, selection):
        assert isinstance(row, dict)
        sent[row["visitor_id"]].append(row)
    partitions = defaultdict(set)
    for partition, key, value in messages(kafka, topic):
        assert key == value["visitor_id"].encode()
        got[value["visitor_id"]].append(value)
        partitions[value["visitor_id"]].add(partition)
    assert got == sent
    assert all(len(where) == 1 for where in partitions.values())
    assert set.union(*partitions.values()) == {0, 1, 2, 3}


def test_keys_go_where_kafkas_own_partitioner_would_send_them(kafka: str, topic: str) -> None:
    from kafka import KafkaProducer

    rows = [
        event(n, visitor_id=visitor)
        for n, visitor in enumerate(["900", "ada", "访客", "посетитель", "👗", " "])
    ]
    replay(Rows(*rows), kafka, topic=topic)
    with KafkaProducer(bootstrap_servers=kafka) as producer:
        theirs = {
            row["visitor_id"]: producer.send(topic, b"-", row["visitor_id"].encode()).get(10).partition
            for row in rows
        }
        own = check_topic(kafka, topic)
    assert own.messages == 2 * len(rows)
    with Delivery(kafka, topic) as delivery:
        assert theirs == {visitor: delivery._partition(visitor.encode()) for visitor in theirs}


def test_progress_ends_with_the_whole_and_bad_rows_are_reported(kafka: str, topic: str) -> None:
    progress: list[Replayed] = []
    bad: list[BadRow] = []
    result = replay(
        Rows(event(1), "torn", event(2)),
        kafka,
        topic=topic,
        on_progress=progress.append,
        on_bad_row=bad.append,
    )
    assert progress[-1] == result
    assert (result.sent, result.share) == (2, 1.0)
    assert [str(row) for row in bad] == ["rows:2: torn"]


def test_told_to_stop_what_was_sent_is_there(
    kafka: str, topic: str, complete_journey: CompleteJourney
) -> None:
    stop = threading.Event()
    timer = threading.Timer(1.0, stop.set)
    timer.start()
    result = replay(complete_journey, kafka, topic=topic, stop=stop)
    timer.join()
    assert result.interrupted
    assert 0 < result.sent < 1_469_307
    assert check_topic(kafka, topic).messages == result.sent


def test_a_message_that_kafka_refuses_is_never_silent(kafka: str, complete_journey: CompleteJourney) -> None:
    from kafka import KafkaAdminClient

    narrow = f"narrow-{uuid4().hex}"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics(
        {narrow: {"num_partitions": 1, "configs": {"max.message.bytes": "100"}}}, wait_for_metadata=True
    )
    admin.close()
    with pytest.raises(
        UserError, match=r"took 0 messages .* then refused .* for 1,000: .*MessageSizeTooLarge"
    ) as caught:
        replay(complete_journey, kafka, topic=narrow, selection=Selection(limit=1_000))
    assert caught.value.exit_code == 1


def test_a_missing_topic_is_said_before_anything_is_read(kafka: str) -> None:
    source = Rows(event())
    with pytest.raises(
        UserError, match=r"topic 'nowhere' does not exist .*`tidemark topics nowhere"
    ) as caught:
        replay(source, kafka, topic="nowhere")
    assert caught.value.exit_code == 2
    assert source.share_read() == 0
