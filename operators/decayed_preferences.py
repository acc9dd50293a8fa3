"""Weighed behaviours -> each visitor's decayed preferences, as of arrival (keyed state in the JVM)."""

from collections.abc import Sequence

from pyflink.table import StreamTableEnvironment, Table


def decayed_preferences(
    tables: StreamTableEnvironment,
    weighed: Table,
    facets: Sequence[str],
    half_lives_ms: Sequence[int],
    ttl_ms: int,
) -> Table:
    """Fold each behaviour into its visitor's decayed sums; a repeated event id gives no row.

    The sums are kept by `jvm/`'s `DecayedPreferences`, which see for state, time to live and bytes.

    ttl_ms : time to live of state, as the environment has it.

    Returns
    -------
    Table (visitor_id, appended_ms as it came, one column a facet, packed): `packed` is the visitor's latest
    event time and, for each facet, log2 S + T/h of the value and of the facet's total at each horizon.
    """
    tables.execute_sql(
        "CREATE TEMPORARY FUNCTION IF NOT EXISTS decayed_preferences AS 'io.tidemark.DecayedPreferences'"
    )
    tables.create_temporary_view("weighed_behaviors", weighed)
    return tables.sql_query(
        f"""SELECT visitor_id, appended_ms, {", ".join(facets)}, EXPR$0 AS packed
        FROM decayed_preferences(
            event => TABLE weighed_behaviors PARTITION BY visitor_id,
            half_lives_ms => '{" ".join(str(h) for h in half_lives_ms)}',
            ttl_ms => CAST({ttl_ms} AS BIGINT),
            uid => 'decayed-preferences')"""
    )
