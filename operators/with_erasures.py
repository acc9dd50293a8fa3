"""What visitors did, and their wishes to be forgotten, in one table: one state has both."""

from collections.abc import Sequence

from pyflink.table import StreamTableEnvironment, Table


def with_erasures(
    tables: StreamTableEnvironment, weighed: Table, erasures: Table, facets: Sequence[str]
) -> Table:
    """Add a row for each erasure: its visitor and its time, `erases` true, nothing else.

    A row of one table and one of the other are in no order: the state that takes them looks at their times.

    Returns
    -------
    Table (visitor_id, event_id, event_time in epoch ms, weight, erases, appended_ms as it came, one column a
    facet named as the facet).
    """
    values = ", ".join(facets)
    nothing = ", ".join(f"CAST(NULL AS STRING) AS {facet}" for facet in facets)
    return tables.sql_query(
        f"""SELECT visitor_id, event_id, event_time, weight, FALSE AS erases, appended_ms, {values}
            FROM {weighed}
        UNION ALL
        SELECT visitor_id, event_id, event_time, CAST(NULL AS DOUBLE) AS weight, TRUE AS erases, appended_ms,
            {nothing}
            FROM {erasures}"""
    )
