"""Where preferences go: rows to Redis in bundles, and after them, once a minute, the priors."""

from pyflink.common import Types
from pyflink.datastream import DataStream
from pyflink.table import StreamTableEnvironment, Table

from flink_jobs.config import VisitorPreferencesConfig
from flink_jobs.durations import milliseconds
from flink_jobs.visitor_sink import register_visitor_sink
from operators.preferences.refresh_priors import RefreshPriors
from sink_connectors.priors import PriorStore
from sink_connectors.write_preferences import WritePreferences


def write_preferences(
    tables: StreamTableEnvironment, preferences: Table, config: VisitorPreferencesConfig
) -> DataStream:
    """Write each bundle of rows as one pipeline.

    Returns
    -------
    Stream of one BIGINT a bundle: how many rows have been written. It is slow however fast the events are.
    """
    register_visitor_sink(tables, "write_preferences", WritePreferences, config.redis_schema, config.run)
    columns = ", ".join(config.facets)
    written = tables.sql_query(
        f"SELECT write_preferences(visitor_id, appended_ms, {columns}, packed) AS written FROM {preferences}"
    )
    return tables.to_data_stream(tables.sql_query(f"SELECT written FROM {written} WHERE written IS NOT NULL"))


def refresh_priors(bundles: DataStream, config: VisitorPreferencesConfig) -> DataStream:
    """Learn from the sample at each interval in which something was written, and when the input ends."""
    schema = config.redis_schema
    store = PriorStore(config.run.redis_address, schema)
    refresh = RefreshPriors(store, schema, milliseconds(config.prior_every))
    return (
        bundles.key_by(lambda _: 0, key_type=Types.INT())
        .process(refresh, output_type=Types.LONG())
        .name("refresh priors")
        .uid("refresh-priors")
    )
