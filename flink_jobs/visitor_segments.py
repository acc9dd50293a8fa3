"""Behaviours, exposures, erasures in; visitors' segments, shops' profiles and layout policies, to Redis."""

from pyflink.table import StatementSet, StreamTableEnvironment, Table

from flink_jobs.config import MAX_PARALLELISM
from flink_jobs.durations import milliseconds
from flink_jobs.environment import execute_inserts, table_environment
from flink_jobs.layout_policies import layout_policies, write_layouts
from flink_jobs.read_once import read_once
from flink_jobs.segments_config import SegmentsConfig
from flink_jobs.segments_sinks import segment_changes, write_segments
from operators.batch_log import BatchLog
from operators.micro_batches import micro_batches
from operators.segments.merge_parts import SAID, MergeParts
from operators.segments.segment_rows import OUTPUT, PART
from operators.segments.shop_shards import part_shards, shard_of
from operators.segments.update_segments import UpdateSegments
from operators.segments.visit_batches import visit_batches
from operators.segments.visitor_vectors import visitor_vectors
from operators.segments.with_industries import with_industries
from sink_connectors.segment_store import SegmentStore

NAME = "visitor_segments"
GROUP = f"tidemark.{NAME}"

OPERATORS = {
    r"KafkaSource-.*\.behaviors$": "behaviours from Kafka",
    r"KafkaSource-.*\.erasures$": "erasures from Kafka",
    r"ProcessTableFunction": "vectors by visitor",
    r"(Local|Global)?WindowAggregate": "micro-batches by shard of shops",
    r"KEYED PROCESS": "update segments",
    r"PythonCalc": "write to Redis",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""

HEADS = ("write to Redis",)
"""What feeds it goes on while it waits for Python."""


def build(tables: StreamTableEnvironment, config: SegmentsConfig) -> StatementSet:
    """Behaviours -> vectors by visitor -> micro-batches by shard of shops -> segments -> Redis and Kafka.

    Beside it exposures -> what became of them -> layout policies -> Redis.
    """
    behaviors = read_once(tables, config.behaviors(GROUP).attach(tables, "behaviors"))
    erasures = config.erasures(GROUP).attach(tables, "erasures")
    policies = layout_policies(tables, behaviors, erasures, config, GROUP)
    hot = part_shards(config.hot, config.shards, MAX_PARALLELISM)
    learns_industries = config.industry_weight > 0
    visited = with_industries(tables, behaviors, config.industry_sample) if learns_industries else behaviors
    vectors = visitor_vectors(
        tables,
        visited,
        erasures,
        config.weights,
        config.half_lives_ms,
        config.horizon_weights,
        milliseconds(config.visit_gap),
        milliseconds(config.retained()),
        shard_of(config.shards, hot),
    )
    segments = tables.from_data_stream(
        visit_batches(tables, vectors, milliseconds(config.batch_span))
        .process(update_segments(config), output_type=OUTPUT)
        .name("update segments")
        .uid("update-segments")
    )
    written = with_hot_shops(tables, segments, config) if hot else segments

    sinks = tables.create_statement_set()
    write_segments(tables, sinks, written, config)
    segment_changes(tables, sinks, segments, config)
    write_layouts(tables, sinks, policies, config)
    return sinks


def update_segments(config: SegmentsConfig) -> UpdateSegments:
    return UpdateSegments(
        config.shop_settings,
        milliseconds(config.period),
        BatchLog(config.batch_log),
        frozenset(config.hot),
        SegmentStore(config.run.redis_address, config.redis_schema),
    )


def with_hot_shops(tables: StreamTableEnvironment, segments: Table, config: SegmentsConfig) -> Table:
    """And what comes of hot shops' parts: profiles, and what each part reads of the others from Redis."""
    parts = tables.sql_query(
        f"""SELECT {shard_of(config.shards, {})} AS shard, shop_id, visitor_id, body
        FROM {segments} WHERE kind = '{PART}'"""
    )
    shops = tables.from_data_stream(
        micro_batches(tables, parts, "shard", SAID, milliseconds(config.batch_span))
        .process(MergeParts(config.shop_settings), output_type=OUTPUT)
        .name("merge parts of hot shops")
        .uid("merge-parts")
    )
    return tables.sql_query(f"SELECT * FROM {segments} UNION ALL SELECT * FROM {shops}")


def main() -> None:
    """Submit the job: `flink run -pym flink_jobs.visitor_segments …`."""
    config = SegmentsConfig()
    tables = table_environment(NAME, config.run, state_ttl=config.retained(), more=STATE_CACHES)
    execute_inserts(tables, build(tables, config), NAME, OPERATORS, heads=HEADS)


STATE_CACHES = {
    "python.map-state.read-cache-size": "100000",
    "python.map-state.write-cache-size": "10000",
}
"""Entries of Python's keyed state: a member that is not here is asked for one by one."""


if __name__ == "__main__":
    main()
