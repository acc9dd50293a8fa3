"""Exposures and purchases -> what became of each exposure: trials at once, conversions when they come."""

from pyflink.table import StreamTableEnvironment, Table

from operators.layouts.outcome_rows import BEFORE_AFFINITIES
from operators.preferences.decayed_preferences import BUCKETS, SWEEP_MS
from schemas.behaviors import END_OF_TIME_MS

KEPT_MS = 2 * 86_400_000
"""For which what a visitor saw and bought is kept, in processing time."""


def visits(tables: StreamTableEnvironment, exposures: Table, behaviors: Table, erasures: Table) -> Table:
    """What visitors were shown and bought, and their wishes to be forgotten, in one table: one state has all.

    A purchase is worth price times quantity (1 where it is not known); an unknown price, NaN and what is
    below zero are worth nothing. Times before 1970 or after 2100 are left out.

    Returns
    -------
    Table (visitor_id, kind, event_id, event_time, shop_id, segment, layout, revenue): for `label_exposures`.
    segment : with the affinities behind it, see `outcome_rows`: what a decision was made on stays together.
    """
    null = "CAST(NULL AS STRING)"
    decided_by = f"""CASE WHEN CARDINALITY(affinities) > 0
        THEN COALESCE(segment, '') || '{BEFORE_AFFINITIES}' || JSON_STRING(affinities) ELSE segment END"""
    worth = "price * COALESCE(quantity, 1)"
    in_time = f"event_time BETWEEN 0 AND {END_OF_TIME_MS}"
    return tables.sql_query(
        f"""SELECT visitor_id, 'exposure' AS kind, event_id, event_time, shop_id,
            {decided_by} AS segment, layout, CAST(0 AS DOUBLE) AS revenue FROM {exposures} WHERE {in_time}
        UNION ALL
        SELECT visitor_id, 'purchase' AS kind, event_id, event_time, shop_id, {null} AS segment,
            {null} AS layout, CASE WHEN {worth} >= 0 AND {worth} < 1e300 THEN {worth} ELSE 0 END AS revenue
            FROM {behaviors} WHERE behavior = 'purchase' AND {in_time}
        UNION ALL
        SELECT visitor_id, 'erasure' AS kind, event_id, event_time, {null} AS shop_id, {null} AS segment,
            {null} AS layout, CAST(0 AS DOUBLE) AS revenue FROM {erasures}"""
    )


def label_exposures(tables: StreamTableEnvironment, visits: Table, window_ms: int) -> Table:
    """Join exposures with their visitor's purchases at the shop, in event time, keyed state in the JVM.

    A purchase is owed to the visitor's last exposure at the shop, at its time or less than `window_ms`
    before. `jvm/`'s `LabelExposures` keeps them, which see for duplicates, erasures, state and time to live.
    There are no watermarks: what was late, and which partition is idle, makes no difference.

    Returns
    -------
    Table (shop_id, segment, layout, at_ms, exposures, conversions, revenue, purchases): an exposure once as a
    trial, at_ms its event time; a conversion as +1, or as -1 when it is taken back, with all that it brought.
    Segment is empty for a visitor without one.
    """
    tables.execute_sql(
        "CREATE TEMPORARY FUNCTION IF NOT EXISTS label_exposures AS 'io.tidemark.LabelExposures'"
    )
    columns = "visitor_id, kind, event_id, event_time, shop_id, segment, layout, revenue"
    bucketed = f"SELECT ABS(MOD(HASH_CODE(visitor_id), {BUCKETS})) AS bucket, {columns} FROM {visits}"
    tables.create_temporary_view("visits", tables.sql_query(bucketed))
    return tables.sql_query(
        f"""SELECT shop_id, segment, layout, at_ms, exposures, conversions, revenue, purchases
        FROM label_exposures(
            event => TABLE visits PARTITION BY bucket,
            window_ms => CAST({window_ms} AS BIGINT),
            ttl_ms => CAST({KEPT_MS} AS BIGINT),
            sweep_ms => CAST({SWEEP_MS} AS BIGINT),
            uid => 'label-exposures')"""
    )
