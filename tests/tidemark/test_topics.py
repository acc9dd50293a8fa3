import gc
import socket
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tidemark.errors import UserError
from tidemark.kafka_errors import CONNECT_TIMEOUT_S
from tidemark.topics import (
    TOPICS,
    check_topic,
    create_topics,
    describe_topics,
    end_offsets,
)

if TYPE_CHECKING:
    from tidemark.stack.stack import LocalStack


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_no_kafka_is_said_at_once_with_the_reason(nobody: str) -> None:
    start = time.monotonic()
    with pytest.raises(
        UserError, match=rf"no Kafka at {nobody} \(Connection refused\)\. `tidemark up`"
    ) as caught:
        check_topic(nobody, "behaviors")
    assert caught.value.exit_code == 2
    assert time.monotonic() - start < CONNECT_TIMEOUT_S


# kafka-python does not close the connection that it gives up.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_does_not_speak_kafka_is_said_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"no answer from Kafka at {address} within 5 seconds") as caught:
            check_topic(address, "behaviors")
    assert caught.value.exit_code == 2
    del caught
    gc.collect()


@pytest.mark.flink
class TestOnTheRealKafka:
    @pytest.fixture
    def kafka(self, stack: "LocalStack") -> str:
        return stack.addresses["kafka"]

    @pytest.fixture
    def name(self) -> str:
        return f"topic-{uuid4().hex}"

    def test_what_is_missing_is_created_and_what_is_there_stays(self, kafka: str, name: str) -> None:
        assert create_topics(kafka, [name, name], partitions=3) == [name]
        assert create_topics(kafka, [name], partitions=8) == []
        assert check_topic(kafka, name).end == {0: 0, 1: 0, 2: 0}

    def test_the_jobs_topics_get_four_partitions(self, kafka: str) -> None:
        create_topics(kafka)
        assert [(topic.name, len(topic.end)) for topic in describe_topics(kafka)] == [
            (name, 4) for name in TOPICS
        ]

    def test_offsets_and_messages_are_counted(self, kafka: str, name: str) -> None:
        from kafka import KafkaProducer

        create_topics(kafka, [name], partitions=2)
        with KafkaProducer(bootstrap_servers=kafka) as producer:
            for partition in (0, 1, 1):
                producer.send(name, b"message", partition=partition)
        assert end_offsets(kafka, name) == {0: 1, 1: 2}
        assert check_topic(kafka, name).messages == 3

    def test_a_missing_topic_is_said_with_the_command_that_creates_it(self, kafka: str, name: str) -> None:
        with pytest.raises(
            UserError, match=rf"topic '{name}' does not exist .*`tidemark topics {name} --kafka {kafka}`"
        ):
            end_offsets(kafka, name)
        assert describe_topics(kafka, [name]) == []

    def test_a_name_that_kafka_refuses_is_said(self, kafka: str) -> None:
        with pytest.raises(UserError, match=r"did not create topic 'a b': .*invalid"):
            create_topics(kafka, ["a b"])
