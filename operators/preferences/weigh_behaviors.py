"""Behaviours -> what each says about the visitor's preferences: a weight, and one value a facet."""

from collections.abc import Mapping, Sequence

from pyflink.table import StreamTableEnvironment, Table

from operators.preferences.facets import facet_sql
from schemas.behaviors import END_OF_TIME_MS


def weigh_behaviors(
    tables: StreamTableEnvironment,
    behaviors: Table,
    weights: Mapping[str, float],
    facets: Sequence[str],
    price_bands: Sequence[float],
) -> Table:
    """Keep what preferences need of each behaviour.

    The weight is null for a behaviour that `weights` does not name and for a time before 1970 or after 2100:
    the next step counts such rows and gives nothing for them. Quantity does not enter the weight: ten of an
    item are one wish. The price counts as its band only.

    Returns
    -------
    Table (visitor_id, event_id, event_time in epoch ms, weight, appended_ms as it came, one column a facet
    named as the facet).
    """
    cases = " ".join(
        f"WHEN '{behavior}' THEN CAST({weight!r} AS DOUBLE)" for behavior, weight in weights.items()
    )
    values = ", ".join(f"{facet_sql(facet, price_bands)} AS {facet}" for facet in facets)
    return tables.sql_query(
        f"""SELECT visitor_id, event_id, event_time,
            CASE WHEN event_time BETWEEN 0 AND {END_OF_TIME_MS} THEN CASE behavior {cases} END END AS weight,
            appended_ms,
            {values}
        FROM {behaviors}"""
    )
