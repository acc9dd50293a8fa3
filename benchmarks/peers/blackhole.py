"""Flink's Kafka source straight to `blackhole`, the ceiling: `flink run --python blackhole.py ARGUMENTS`."""

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from benchmarks.peers.arguments import parse
from flink_jobs.kafka_access import KafkaAccess
from flink_jobs.kafka_source import KafkaSource
from schemas.flink_types import columns

NAME = "blackhole"


def main() -> None:
    """Submit it."""
    arguments = parse()
    configuration = Configuration()
    configuration.set_string("pipeline.name", NAME)
    configuration.set_string("pipeline.object-reuse", "true")
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    source = KafkaSource(
        topic=arguments.topic,
        schema_name="behavior",
        kafka=KafkaAccess(bootstrap=arguments.kafka),
        group=NAME,
        until_now=True,
    )
    behaviors = source.attach(tables, "behaviors")
    events = source.schema_of_events()
    tables.execute_sql(f"CREATE TABLE void ({columns(events)}) WITH ('connector' = 'blackhole')")
    names = ", ".join(f"`{field['name']}`" for field in events.fields)
    tables.sql_query(f"SELECT {names} FROM {behaviors}").execute_insert("void")


if __name__ == "__main__":
    main()
