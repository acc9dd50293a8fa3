"""Kafka topics: create what is missing, look at what is there, and say plainly when Kafka is not."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from flink_jobs.kafka_access import KafkaAccess
from schemas import article_features
from schemas.event_types import DEAD_LETTER, OUTCOMES, RAW, RESENT, SEGMENT_CHANGES, WITHHELD
from schemas.layouts import TOPIC as LAYOUTS
from tidemark.errors import UserError
from tidemark.kafka_errors import CONNECT_TIMEOUT_S, check_reachable, kafka_errors

Kafka = KafkaAccess | str
"""How to reach it; an address alone, `host:port[,host:port]`, is spoken to in plaintext."""

TOPICS = (RAW, RESENT, *OUTCOMES, SEGMENT_CHANGES, LAYOUTS, article_features.TOPIC)
"""The topics of the jobs that exist."""

DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024
"""A dead letter is a message of at most 1 MiB with headers, so it may be larger than any message."""

SETTINGS = {
    # Arrival is the broker's clock: the gate holds event times against it.
    RAW: {"message.timestamp.type": "LogAppendTime"},
    DEAD_LETTER: {"max.message.bytes": str(DEAD_LETTER_MAX_BYTES)},
    RESENT: {"max.message.bytes": str(DEAD_LETTER_MAX_BYTES)},
    WITHHELD: {"cleanup.policy": "compact"},
    LAYOUTS: {"cleanup.policy": "compact"},
    article_features.TOPIC: {"cleanup.policy": "compact"},
}
"""What differs from the broker's defaults, for topics whose names end so (`test.events.raw`)."""

PARTITIONS = 4
COORDINATOR_S = 0.5


@dataclass(frozen=True)
class Topic:
    """One topic as Kafka knows it.

    first, end : by partition, the offset of the oldest message kept and the offset after the newest.
    """

    name: str
    first: dict[int, int]
    end: dict[int, int]

    @property
    def messages(self) -> int:
        """How many messages are kept (control records of transactions count as messages)."""
        return sum(self.end.values()) - sum(self.first.values())


def create_topics(
    kafka: Kafka,
    names: Iterable[str] = TOPICS,
    partitions: int = PARTITIONS,
    config: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Create the topics that are missing, with the broker's default replication; leave the others alone.

    Parameters
    ----------
    config : of the topics, where it differs from the broker's default.

    Returns
    -------
    The names that were created.

    Raises
    ------
    UserError : Kafka cannot be reached, or refuses (a name with a space, no right to create).
    """
    with _admin(kafka) as admin:
        there = set(admin.list_topics())
        created = []
        for name in dict.fromkeys(names):
            if name in there:
                continue
            if _create(admin, kafka, name, partitions, config):
                created.append(name)
    return created


def describe_topics(kafka: Kafka, names: Iterable[str] = TOPICS) -> list[Topic]:
    """Partitions and offsets of those of `names` that exist. Raises UserError: Kafka cannot be reached."""
    with _admin(kafka) as admin:
        there = set(admin.list_topics())
        return [_topic(admin, name) for name in dict.fromkeys(names) if name in there]


def check_topic(kafka: Kafka, topic: str) -> Topic:
    """The topic, or a UserError that says how to get it (no Kafka at the address, no such topic)."""
    found = describe_topics(kafka, [topic])
    if not found:
        raise UserError(
            f"topic {topic!r} does not exist on Kafka at {kafka}: create it with "
            f"`tidemark topics {topic} --kafka {kafka}`"
        )
    return found[0]


def end_offsets(kafka: Kafka, topic: str) -> dict[int, int]:
    """By partition, the offset after the newest message. Raises UserError as `check_topic` does."""
    return check_topic(kafka, topic).end


def max_message_bytes(kafka: Kafka, topic: str) -> int:
    """How large a message (a batch, as sent) the topic takes. Raises UserError: Kafka cannot be reached."""
    return int(topic_setting(kafka, topic, "max.message.bytes"))


def topic_setting(kafka: Kafka, topic: str, name: str) -> str:
    """A setting of the topic, the broker's default included. Raises UserError: Kafka cannot be reached."""
    from kafka.admin import ConfigResource

    with _admin(kafka) as admin:
        asked = [ConfigResource("topic", topic, [name])]
        found = admin.describe_configs(asked, config_filter="all")
        return str(next(iter(found.values()))[topic][name]["value"])


def committed_offsets(kafka: Kafka, group: str, topic: str) -> dict[int, int]:
    """By partition, the offset up to which a consumer group has read; without those it never committed."""
    from kafka.errors import RetriableError

    # Until the first of all groups commits, Kafka has no coordinator, and makes one when it is asked for it.
    asking = Retrying(
        retry=retry_if_exception_type(RetriableError),
        stop=stop_after_delay(CONNECT_TIMEOUT_S),
        wait=wait_fixed(COORDINATOR_S),
        reraise=True,
    )
    with _admin(kafka) as admin:
        found = asking(admin.list_group_offsets, group)[group]
        return {part.partition: at.offset for part, at in found.items() if part.topic == topic}


@contextmanager
def connecting(kafka: Kafka) -> Iterator[dict[str, Any]]:
    """Options of a client of kafka-python; what it raises in the block becomes a UserError."""
    access = KafkaAccess.of(kafka)
    check_reachable(access)
    try:
        options = access.client_options()
    except ValueError as error:
        raise UserError(str(error)) from error
    with kafka_errors(access):
        yield {**options, "bootstrap_timeout_ms": CONNECT_TIMEOUT_S * 1000}


@contextmanager
def _admin(kafka: Kafka) -> Iterator[Any]:
    from kafka import KafkaAdminClient

    with connecting(kafka) as options:
        admin = KafkaAdminClient(**options)
        try:
            yield admin
        finally:
            admin.close()


def _create(admin: Any, kafka: Kafka, name: str, partitions: int, config: Mapping[str, str]) -> bool:
    """Create one topic; false when somebody else was quicker."""
    from kafka.errors import NoError, TopicAlreadyExistsError, for_code

    settings = next((of for end, of in SETTINGS.items() if name.endswith(end)), {})
    topic = {"num_partitions": partitions, "configs": {**settings, **config}}
    answer = admin.create_topics({name: topic}, raise_errors=False)["topics"][0]
    error = for_code(answer["error_code"])
    if error not in (NoError, TopicAlreadyExistsError):
        raise UserError(
            f"Kafka at {kafka} did not create topic {name!r}: {answer['error_message'] or error.__name__}"
        )
    admin.wait_for_topics([name])
    return error is NoError


def _topic(admin: Any, name: str) -> Topic:
    from kafka import OffsetSpec, TopicPartition

    (description,) = admin.describe_topics([name])
    partitions = [TopicPartition(name, part["partition_index"]) for part in description["partitions"]]

    def offsets(spec: Any) -> dict[int, int]:
        found = admin.list_partition_offsets(dict.fromkeys(partitions, spec))
        return {partition.partition: found[partition].offset for partition in sorted(found)}

    return Topic(name, first=offsets(OffsetSpec.EARLIEST), end=offsets(OffsetSpec.LATEST))
