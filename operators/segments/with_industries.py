"""Behaviours of a sample of visitors, again as behaviours at their industry."""

from pyflink.table import StreamTableEnvironment, Table

from operators.segments.industry_priors import MARK

GRAIN = 10_007
"""A prime: who is in the sample has nothing to do with buckets and parts."""


def with_industries(tables: StreamTableEnvironment, behaviors: Table, share: float) -> Table:
    """Add, for each behaviour of a visitor of the sample, one at a shop that is the industry.

    share : of visitors, by the hash of their ids. An event without an industry is of none.
    """
    columns = "visitor_id, event_id, event_time, behavior, industry, category, price, quantity, appended_ms"
    return tables.sql_query(
        f"""SELECT shop_id, {columns} FROM {behaviors}
        UNION ALL
        SELECT CONCAT('{MARK}', industry) AS shop_id, {columns} FROM {behaviors}
        WHERE industry <> '' AND ABS(MOD(HASH_CODE(visitor_id), {GRAIN})) < {share * GRAIN:.0f}"""
    )
