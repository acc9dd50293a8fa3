"""Where segments go: who is where, profiles and erasures to Redis, changes to Kafka."""

from pyflink.table import StatementSet, StreamTableEnvironment, Table

from flink_jobs.kafka_sink import listed, sink_options
from flink_jobs.segments_config import SegmentsConfig
from flink_jobs.visitor_sink import register_visitor_sink
from operators.segments.segment_rows import CHANGED, PART
from sink_connectors.write_segments import WriteSegments


def write_segments(
    tables: StreamTableEnvironment, sinks: StatementSet, segments: Table, config: SegmentsConfig
) -> None:
    """Send each bundle of rows to Redis as one pipeline."""
    register_visitor_sink(tables, "write_segments", WriteSegments, config.redis_schema, config.run)
    tables.execute_sql("CREATE TABLE written (bundle BIGINT) WITH ('connector' = 'blackhole')")
    sinks.add_insert_sql(
        f"""INSERT INTO written SELECT written FROM (
            SELECT write_segments(kind, visitor_id, shop_id, version, since_ms, appended_ms, body) AS written
            FROM {segments} WHERE kind NOT IN ('{CHANGED}', '{PART}')) WHERE written IS NOT NULL"""
    )


def segment_changes(
    tables: StreamTableEnvironment, sinks: StatementSet, segments: Table, config: SegmentsConfig
) -> None:
    """Send each change to the topic, keyed by visitor."""
    options = listed(sink_options(config.run.kafka, config.changes_topic))
    tables.execute_sql(f"CREATE TABLE segment_changes (key STRING, body BYTES) WITH ({options})")
    sinks.add_insert_sql(
        f"INSERT INTO segment_changes SELECT visitor_id, body FROM {segments} WHERE kind = '{CHANGED}'"
    )
