"""Weighed behaviours -> each visitor's decayed preferences, as of arrival (keyed state in the JVM)."""

from collections.abc import Sequence

from pyflink.table import StreamTableEnvironment, Table

BUCKETS = 65_536
"""Parts of keyed state: visitors share a bucket, whose next event clears what those who left have left."""

SEEN_MS = 86_400_000
"""How long an event id is known."""

SWEEP_MS = 21_600_000
"""How often a bucket is looked through for what has expired."""


def decayed_preferences(
    tables: StreamTableEnvironment,
    weighed: Table,
    facets: Sequence[str],
    half_lives_ms: Sequence[int],
    ttl_ms: int,
    seen_ms: int = SEEN_MS,
    sweep_ms: int = SWEEP_MS,
) -> Table:
    """Fold each behaviour into its visitor's decayed sums, and forget what is to be erased.

    An event id that is known, and an event that has been erased, give no row.

    The sums are kept by `jvm/`'s `DecayedPreferences`, which see for state, time to live and bytes.

    ttl_ms, seen_ms : time to live of sums and of event ids since they were written, in processing time.
    sweep_ms : within so long after it an event of the same bucket removes them.

    Returns
    -------
    Table (visitor_id, appended_ms as it came, one column a facet, packed): `packed` is the visitor's latest
    and earliest event time in the sums and, for each facet, log2 S + T/h of the value and of the facet's
    total at each horizon. Of a row that erases it is the event time alone: what happened until then is gone.
    """
    tables.execute_sql(
        "CREATE TEMPORARY FUNCTION IF NOT EXISTS decayed_preferences AS 'io.tidemark.DecayedPreferences'"
    )
    bucketed = tables.sql_query(
        f"SELECT ABS(MOD(HASH_CODE(visitor_id), {BUCKETS})) AS bucket, * FROM {weighed}"
    )
    tables.create_temporary_view("weighed_behaviors", bucketed)
    return tables.sql_query(
        f"""SELECT visitor_id, appended_ms, {", ".join(facets)}, EXPR$0 AS packed
        FROM decayed_preferences(
            event => TABLE weighed_behaviors PARTITION BY bucket,
            half_lives_ms => '{" ".join(str(h) for h in half_lives_ms)}',
            ttl_ms => CAST({ttl_ms} AS BIGINT),
            seen_ms => CAST({seen_ms} AS BIGINT),
            sweep_ms => CAST({sweep_ms} AS BIGINT),
            uid => 'decayed-preferences')"""
    )
