"""The topics of the job `event_gate` as tables: one to read, one for everything that it writes."""

from typing import TYPE_CHECKING

from flink_jobs import kafka_sink
from flink_jobs.event_gate_config import EventGateConfig
from schemas.event_types import OUTCOMES, RAW, RESENT

if TYPE_CHECKING:
    from pyflink.table import StatementSet, StreamTableEnvironment, Table


def raw_messages(tables: "StreamTableEnvironment", config: EventGateConfig, group: str) -> "Table":
    """What trackers send, and dead letters sent again, as table `raw_messages`."""
    tables.execute_sql(
        f"""CREATE TABLE raw_messages (
            message BYTES,
            topic STRING NOT NULL METADATA VIRTUAL,
            `partition` INT NOT NULL METADATA VIRTUAL,
            `offset` BIGINT NOT NULL METADATA VIRTUAL,
            `timestamp` TIMESTAMP_LTZ(3) NOT NULL METADATA VIRTUAL,
            headers MAP<STRING, BYTES> METADATA VIRTUAL
        ) WITH ({kafka_sink.listed(source_options(config, group))})"""
    )
    return tables.from_path("raw_messages")


def source_options(config: EventGateConfig, group: str) -> dict[str, str]:
    """Of the connector, for what the gate reads."""
    topics = ";".join(config.topic_prefix + name for name in (RAW, RESENT))
    of_avro = config.run.source(topics, "envelope", group).options()
    return {name: value for name, value in of_avro.items() if "avro" not in name} | {"format": "raw"}


def outcome_topics(tables: "StreamTableEnvironment", config: EventGateConfig) -> "StatementSet":
    """Register the topics that the gate writes as table `outcomes`; a row's `topic` says which it is for.

    Returns
    -------
    A set of statements, for the INSERT.
    """
    tables.execute_sql(
        f"""CREATE TABLE outcomes (
            key BYTES, `value` BYTES,
            topic STRING NOT NULL METADATA, headers MAP<STRING, BYTES> METADATA
        ) WITH ({kafka_sink.listed(sink_options(config))})"""
    )
    return tables.create_statement_set()


def sink_options(config: EventGateConfig) -> dict[str, str]:
    """Of the connector, for what the gate writes."""
    topics = ";".join(config.topic_prefix + name for name in OUTCOMES)
    return kafka_sink.sink_options(config.run.kafka, topics)
