"""The layout bandit's branch of the job `visitor_segments`: exposures to policies in Redis."""

from pyflink.datastream import DataStream
from pyflink.table import DataTypes, StatementSet, StreamTableEnvironment, Table
from pyflink.table.udf import udf

from flink_jobs.durations import milliseconds
from flink_jobs.environment import name_operators
from flink_jobs.segments_config import SegmentsConfig
from operators.layouts.label_exposures import label_exposures, visits
from operators.layouts.outcome_rows import COLUMNS
from operators.layouts.update_layouts import POLICIES, UpdateLayouts
from operators.layouts.with_offers import with_offers
from operators.micro_batches import micro_batches
from sink_connectors.write_layouts import WriteLayouts

OPERATORS = {
    r"KafkaSource-.*\.erasures$": "erasures of exposures from Kafka",
    r"KafkaSource-.*\.exposures$": "exposures from Kafka",
    r"KafkaSource-.*\.layouts$": "what shops offer from Kafka",
    r"ProcessTableFunction": "exposures and conversions by visitor",
    r"(Local|Global)?WindowAggregate": "outcomes by shard of shops",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""


def layout_policies(
    tables: StreamTableEnvironment,
    behaviors: Table,
    erasures: Table,
    config: SegmentsConfig,
    group: str,
) -> DataStream:
    """Exposures -> labelled by visitor -> micro-batches by shard of shops -> arms and probabilities."""
    exposures = config.exposures(group).attach(tables, "exposures")
    layouts = config.shop_layouts(group).attach(tables, "layouts")
    shown = visits(tables, exposures, behaviors, erasures)
    outcomes = label_exposures(tables, shown, config.layouts.window_ms)
    rows = with_offers(tables, outcomes, layouts, config.shards)
    bandits = config.layouts.bandit, config.layouts.linear
    update = UpdateLayouts(*bandits, config.most, config.layouts.by_revenue, config.layouts.retention_ms)
    policies = (
        micro_batches(tables, rows, "shard", COLUMNS, milliseconds(config.batch_span))
        .process(update, output_type=POLICIES)
        .name("update layouts")
        .uid("update-layouts")
    )

    return name_operators(policies, OPERATORS)


def write_layouts(
    tables: StreamTableEnvironment, sinks: StatementSet, policies: DataStream, config: SegmentsConfig
) -> None:
    """Send each bundle of policies to Redis as one pipeline."""
    ttl_s = config.layouts.retention_ms // 1000
    write = WriteLayouts(config.run.redis_address, config.run.namespace, ttl_s)
    tables.create_temporary_function(
        "write_layouts", udf(write, result_type=DataTypes.BIGINT(), func_type="pandas")
    )
    tables.create_temporary_view("policies", policies)
    tables.execute_sql("CREATE TABLE written_layouts (bundle BIGINT) WITH ('connector' = 'blackhole')")
    sinks.add_insert_sql(
        """INSERT INTO written_layouts SELECT written FROM (
            SELECT write_layouts(policy) AS written FROM policies) WHERE written IS NOT NULL"""
    )
