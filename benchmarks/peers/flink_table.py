"""What the peers that run on Flink have in common: the topic as a table."""

from collections.abc import Mapping
from datetime import timedelta

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment, Table

from benchmarks.peers.arguments import Arguments
from flink_jobs.kafka_access import KafkaAccess
from flink_jobs.kafka_source import KafkaSource


def behaviors(
    arguments: Arguments, name: str, settings: Mapping[str, str]
) -> tuple[StreamTableEnvironment, Table]:
    """`attached` of behaviours."""
    return attached(arguments, name, settings, "behavior")


def attached(
    arguments: Arguments, name: str, settings: Mapping[str, str], schema_name: str, late_s: int | None = None
) -> tuple[StreamTableEnvironment, Table]:
    """An environment with these settings beside Flink's defaults, and the topic up to now as its table.

    late_s : with an event time, its watermark so far behind.
    """
    configuration = Configuration()
    for key, value in {"pipeline.name": name, **settings}.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    source = KafkaSource(
        topic=arguments.topic,
        schema_name=schema_name,
        kafka=KafkaAccess(bootstrap=arguments.kafka),
        group=name,
        until_now=True,
        happened="" if late_s is None else "event_time",
        out_of_order=timedelta(seconds=late_s or 0),
    )
    return tables, source.attach(tables, f"{schema_name}s")
