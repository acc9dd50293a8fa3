"""Where segments go: who is where, profiles and erasures to Redis, changes to Kafka."""

from pyflink.table import DataTypes, StatementSet, StreamTableEnvironment, Table
from pyflink.table.udf import udf

from flink_jobs.gate_topics import PRODUCER
from flink_jobs.segments_config import SegmentsConfig
from operators.update_segments import CHANGED
from sink_connectors.write_segments import WriteSegments


def write_segments(
    tables: StreamTableEnvironment, sinks: StatementSet, segments: Table, config: SegmentsConfig
) -> None:
    """Send each bundle of rows to Redis as one pipeline."""
    write = WriteSegments(
        config.run.redis_address,
        config.redis_schema,
        erasure_key_file=config.run.erasure_key_file,
        latency_log=config.run.latency_log,
    )
    tables.create_temporary_function(
        "write_segments", udf(write, result_type=DataTypes.BIGINT(), func_type="pandas")
    )
    tables.execute_sql("CREATE TABLE written (bundle BIGINT) WITH ('connector' = 'blackhole')")
    sinks.add_insert_sql(
        f"""INSERT INTO written SELECT written FROM (
            SELECT write_segments(kind, visitor_id, shop_id, version, since_ms, appended_ms, body) AS written
            FROM {segments} WHERE kind <> '{CHANGED}') WHERE written IS NOT NULL"""
    )


def segment_changes(
    tables: StreamTableEnvironment, sinks: StatementSet, segments: Table, config: SegmentsConfig
) -> None:
    """Send each change to the topic, keyed by visitor."""
    options = {
        "connector": "kafka",
        "topic": config.changes_topic,
        **config.run.kafka.connector_options(),
        **{f"properties.{name}": str(value) for name, value in PRODUCER.items()},
        "key.format": "raw",
        "key.fields": "key",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        "sink.delivery-guarantee": "at-least-once",
    }
    listed = ", ".join(f"'{name}' = '{value}'" for name, value in options.items())
    tables.execute_sql(f"CREATE TABLE segment_changes (key STRING, body BYTES) WITH ({listed})")
    sinks.add_insert_sql(
        f"INSERT INTO segment_changes SELECT visitor_id, body FROM {segments} WHERE kind = '{CHANGED}'"
    )
