"""What the peers that run on Flink have in common: the table of behaviours."""

from collections.abc import Mapping

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment, Table

from benchmarks.peers.arguments import Arguments
from flink_jobs.kafka_access import KafkaAccess
from flink_jobs.kafka_source import KafkaSource


def behaviors(
    arguments: Arguments, name: str, settings: Mapping[str, str]
) -> tuple[StreamTableEnvironment, Table]:
    """An environment with these settings beside Flink's defaults, and the topic up to now as its table."""
    configuration = Configuration()
    for key, value in {"pipeline.name": name, **settings}.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    source = KafkaSource(
        topic=arguments.topic,
        schema_name="behavior",
        kafka=KafkaAccess(bootstrap=arguments.kafka),
        group=name,
        until_now=True,
    )
    return tables, source.attach(tables, "behaviors")
