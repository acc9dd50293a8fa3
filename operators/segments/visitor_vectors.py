"""Behaviours and erasures -> each visitor's vector at a shop as of each event (keyed state in the JVM)."""

from collections.abc import Mapping, Sequence

from pyflink.table import StreamTableEnvironment, Table

from operators.preferences.decayed_preferences import BUCKETS, SEEN_MS, SWEEP_MS
from schemas.behaviors import END_OF_TIME_MS


def visitor_vectors(
    tables: StreamTableEnvironment,
    behaviors: Table,
    erasures: Table,
    weights: Mapping[str, float],
    half_lives_ms: Sequence[int],
    horizon_weights: Sequence[float],
    visit_gap_ms: int,
    ttl_ms: int,
    shard: str,
) -> Table:
    """What `jvm/`'s `VisitorVectors` gives, which see for state, time to live, erasures and bytes.

    weights : behaviour -> count of one; a behaviour that is not named, and an event time before 1970 or after
        2100, count for nothing.
    half_lives_ms, horizon_weights : of each horizon; the first is that of the segments' sums, with weight 1.
    shard : SQL of the micro-batch that a row belongs to; see `shard_of`.

    Returns
    -------
    Table (shard INT, visitor_id, shop_id, industry, category, appended_ms, packed), append-only, rows of a
    visitor in the order of arrival. A price that is missing, negative or NaN sells for nothing.
    """
    happened = tables.sql_query(
        f"""SELECT visitor_id, event_id, event_time, behavior, FALSE AS erases,
            shop_id, industry, category, price, quantity, appended_ms FROM {behaviors}
        UNION ALL
        SELECT visitor_id, event_id, event_time, CAST(NULL AS STRING), TRUE,
            CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING),
            CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), appended_ms FROM {erasures}"""
    )
    return vectors_of(tables, happened, weights, half_lives_ms, horizon_weights, visit_gap_ms, ttl_ms, shard)


def vectors_of(
    tables: StreamTableEnvironment,
    happened: Table,
    weights: Mapping[str, float],
    half_lives_ms: Sequence[int],
    horizon_weights: Sequence[float],
    visit_gap_ms: int,
    ttl_ms: int,
    shard: str,
    sweep_ms: int = SWEEP_MS,
) -> Table:
    """The same of behaviours and erasures in one stream, where `erases` tells which a row is."""
    tables.execute_sql(
        "CREATE TEMPORARY FUNCTION IF NOT EXISTS visitor_vectors AS 'io.tidemark.VisitorVectors'"
    )
    tables.create_temporary_view("events_at_shops", tables.sql_query(_weighed(happened, weights)))
    return tables.sql_query(
        f"""SELECT {shard} AS shard,
            visitor_id, shop_id, industry, category, appended_ms, packed
        FROM visitor_vectors(
            event => TABLE events_at_shops PARTITION BY bucket,
            half_lives_ms => '{" ".join(str(h) for h in half_lives_ms)}',
            horizon_weights => '{" ".join(str(w) for w in horizon_weights)}',
            visit_gap_ms => CAST({visit_gap_ms} AS BIGINT),
            ttl_ms => CAST({ttl_ms} AS BIGINT),
            seen_ms => CAST({SEEN_MS} AS BIGINT),
            sweep_ms => CAST({sweep_ms} AS BIGINT),
            uid => 'visitor-vectors')"""
    )


def _weighed(happened: Table, weights: Mapping[str, float]) -> str:
    """SQL of the rows that the function takes."""
    cases = " ".join(
        f"WHEN '{behavior}' THEN CAST({weight!r} AS DOUBLE)" for behavior, weight in weights.items()
    )
    return f"""SELECT ABS(MOD(HASH_CODE(visitor_id), {BUCKETS})) AS bucket, visitor_id, event_id, event_time,
        CASE WHEN event_time BETWEEN 0 AND {END_OF_TIME_MS} THEN CASE behavior {cases} END END AS weight,
        erases, shop_id, industry, category,
        CASE WHEN behavior = 'purchase' AND price > 0 AND price < 1e300
            THEN price * CASE WHEN quantity > 0 AND quantity < 1e300 THEN quantity ELSE 1e0 END
            ELSE 0e0 END AS sales,
        behavior = 'purchase' AS purchases, appended_ms
        FROM {happened}"""
