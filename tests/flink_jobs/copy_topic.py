"""One topic into another by source and sink of Flink's SQL: `flink run --python copy_topic.py FROM TO`."""

import os
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment
from pyflink.table.expressions import col

from flink_jobs.kafka_access import KafkaAccess
from flink_jobs.kafka_source import KafkaSource
from schemas.flink_types import columns


def main() -> None:
    """Submit it; Kafka is that of the environment."""
    origin, target = sys.argv[1:]
    kafka = KafkaAccess.from_variables(os.environ)
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    source = KafkaSource(topic=origin, schema_name="behavior", kafka=kafka, group="copy", until_now=True)
    rows = source.attach(tables, "origin")
    options = {
        "connector": "kafka",
        "topic": target,
        "format": "avro",
        **kafka.connector_options(),
    }
    written = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    tables.execute_sql(f"CREATE TABLE target ({columns(source.schema_of_events())}) WITH ({written})")
    rows.drop_columns(col("appended"), col("appended_ms")).execute_insert("target")


if __name__ == "__main__":
    main()
