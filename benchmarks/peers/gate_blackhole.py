"""The gate's Kafka source straight to `blackhole`: `flink run --python gate_blackhole.py`, its variables."""

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from flink_jobs.event_gate_config import EventGateConfig
from flink_jobs.gate_topics import raw_messages

NAME = "gate_blackhole"


def main() -> None:
    """Submit it."""
    configuration = Configuration()
    configuration.set_string("pipeline.name", NAME)
    configuration.set_string("pipeline.object-reuse", "true")
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    raw_messages(tables, EventGateConfig(), NAME)
    tables.execute_sql("CREATE TABLE void (message BYTES) WITH ('connector' = 'blackhole')")
    tables.sql_query("SELECT message FROM raw_messages").execute_insert("void")


if __name__ == "__main__":
    main()
