"""What became of exposures, and what shops offer, in one table by shard of shops."""

from pyflink.table import StreamTableEnvironment, Table


def with_offers(tables: StreamTableEnvironment, outcomes: Table, layouts: Table, shards: int) -> Table:
    """Add a row for each decision of a shop: its name, its time, and in `offered` the layouts as a JSON list.

    shards : groups of shops; a shop's rows are always in one.

    Returns
    -------
    Table (shard, the columns of `outcomes`, offered): empty in a row of an outcome.
    """
    shard = f"ABS(MOD(HASH_CODE(shop_id), {shards})) AS shard"
    none = "CAST(0 AS DOUBLE)"
    return tables.sql_query(
        f"""SELECT {shard}, shop_id, segment, layout, at_ms, exposures, conversions, revenue, purchases,
            '' AS offered FROM {outcomes}
        UNION ALL
        SELECT {shard}, shop_id, '' AS segment, '' AS layout, event_time AS at_ms, {none} AS exposures,
            {none} AS conversions, {none} AS revenue, CAST(0 AS BIGINT) AS purchases,
            JSON_STRING(layouts) AS offered FROM {layouts}"""
    )
