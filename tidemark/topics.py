"""Kafka topics: create what is missing, look at what is there, and say plainly when Kafka is not."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from schemas.behaviors import TOPIC as BEHAVIORS
from tidemark.errors import UserError

TOPICS = (BEHAVIORS,)
"""The topics of the jobs that exist."""

PARTITIONS = 4

CONNECT_TIMEOUT_S = 5
"""How long a person waits, at most, to read that there is no Kafka."""

WHERE_ELSE = "`tidemark up` starts a local Kafka; --kafka or TIDEMARK_KAFKA names another"


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
    kafka: str,
    names: Iterable[str] = TOPICS,
    partitions: int = PARTITIONS,
    config: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Create the topics that are missing, with the broker's default replication; leave the others alone.

    Parameters
    ----------
    kafka : bootstrap servers, `host:port[,host:port]`.
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


def describe_topics(kafka: str, names: Iterable[str] = TOPICS) -> list[Topic]:
    """Partitions and offsets of those of `names` that exist. Raises UserError: Kafka cannot be reached."""
    with _admin(kafka) as admin:
        there = set(admin.list_topics())
        return [_topic(admin, name) for name in dict.fromkeys(names) if name in there]


def check_topic(kafka: str, topic: str) -> Topic:
    """The topic, or a UserError that says how to get it (no Kafka at the address, no such topic)."""
    found = describe_topics(kafka, [topic])
    if not found:
        raise UserError(
            f"topic {topic!r} does not exist on Kafka at {kafka}: create it with "
            f"`tidemark topics {topic} --kafka {kafka}`"
        )
    return found[0]


def end_offsets(kafka: str, topic: str) -> dict[int, int]:
    """By partition, the offset after the newest message. Raises UserError as `check_topic` does."""
    return check_topic(kafka, topic).end


@contextmanager
def kafka_errors(kafka: str) -> Iterator[None]:
    """Turn what kafka-python raises, while it connects or is asked something, into a UserError."""
    from kafka.errors import KafkaError, KafkaTimeoutError

    try:
        yield
    except KafkaTimeoutError as error:
        raise UserError(
            f"no answer from Kafka at {kafka} within {CONNECT_TIMEOUT_S} seconds. {WHERE_ELSE}"
        ) from error
    except KafkaError as error:
        raise UserError(f"Kafka at {kafka} refused: {error}") from error


def check_reachable(kafka: str) -> None:
    """Return once one of the servers accepts a connection.

    kafka-python would try a refused address again and again for the whole timeout, and would not say why.

    Raises
    ------
    UserError : `kafka` does not read `host:port[,host:port]`, or no server accepts a connection.
    """
    reason = ""
    for host, port in addresses(kafka):
        try:
            with socket.create_connection((host, port), CONNECT_TIMEOUT_S):
                return
        except OSError as error:
            reason = error.strerror or str(error)
    raise UserError(f"no Kafka at {kafka} ({reason}). {WHERE_ELSE}")


def addresses(kafka: str) -> list[tuple[str, int]]:
    """Host and port of each bootstrap server. Raises UserError: not `host:port[,host:port]`."""
    servers = []
    for server in kafka.split(","):
        host, _, port = server.strip().rpartition(":")
        if not (host and port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65_536):
            raise UserError(f"Kafka address {kafka!r} does not read host:port[,host:port]. {WHERE_ELSE}")
        servers.append((host.strip("[]"), int(port)))
    return servers


@contextmanager
def _admin(kafka: str) -> Iterator[Any]:
    from kafka import KafkaAdminClient

    check_reachable(kafka)
    with kafka_errors(kafka):
        admin = KafkaAdminClient(bootstrap_servers=kafka, bootstrap_timeout_ms=CONNECT_TIMEOUT_S * 1000)
        try:
            yield admin
        finally:
            admin.close()


def _create(admin: Any, kafka: str, name: str, partitions: int, config: Mapping[str, str]) -> bool:
    """Create one topic; false when somebody else was quicker."""
    from kafka.errors import NoError, TopicAlreadyExistsError, for_code

    topic = {"num_partitions": partitions, "configs": dict(config)}
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
