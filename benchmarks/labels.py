"""Labelling exposures: `LabelExposures` beside SQL's deduplication and interval join, to nowhere.

    .venv/bin/python -m benchmarks.labels ptf rocksdb
    .venv/bin/python -m benchmarks.labels sql rocksdb
    .venv/bin/python -m benchmarks.labels ptf hashmap

One event in twenty is a purchase. The SQL knows no erasure, and credits every exposure in the window where
the function credits the last.
"""

import sys
import time
from datetime import timedelta

from operators.layouts.label_exposures import label_exposures
from tests.operators.preferences.fold_in_flink import environment

EVENTS = 300_000
VISITORS = 30_000
WINDOW_MS = 1_800_000

SOURCE = f"""CREATE TEMPORARY TABLE numbers (
    n BIGINT, visitor INT, kind INT,
    happens AS TO_TIMESTAMP_LTZ(n * 20, 3), arrives AS PROCTIME(),
    WATERMARK FOR happens AS happens - INTERVAL '1' HOUR) WITH ('connector' = 'datagen',
    'number-of-rows' = '{EVENTS}', 'rows-per-second' = '10000000',
    'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
    'fields.n.end' = '{EVENTS}', 'fields.visitor.min' = '1', 'fields.visitor.max' = '{VISITORS}',
    'fields.kind.min' = '0', 'fields.kind.max' = '19')"""

EVENTS_SQL = """SELECT CAST(visitor AS STRING) AS visitor_id,
    CASE WHEN kind = 0 THEN 'purchase' ELSE 'exposure' END AS kind, CAST(n AS STRING) AS event_id,
    n * 20 AS event_time, 's' AS shop_id, '3' AS segment, 'grid' AS layout,
    CAST(9.99 AS DOUBLE) AS revenue{more} FROM numbers"""

JOIN = """WITH events AS ({events}),
    known AS (SELECT * FROM (SELECT *, ROW_NUMBER() OVER (
        PARTITION BY visitor_id, kind, event_id ORDER BY arrives) AS place FROM events) WHERE place = 1)
    SELECT shop_id, segment, layout, event_time, revenue FROM known WHERE kind = 'exposure'
    UNION ALL
    SELECT e.shop_id, e.segment, e.layout, e.event_time, p.revenue
    FROM (SELECT * FROM known WHERE kind = 'exposure') e
    JOIN (SELECT * FROM known WHERE kind = 'purchase') p
    ON e.visitor_id = p.visitor_id AND e.shop_id = p.shop_id
    AND p.happens BETWEEN e.happens AND e.happens + INTERVAL '30' MINUTE"""

LABEL = "shop_id STRING, segment STRING, layout STRING, at_ms BIGINT"
COLUMNS = {
    "ptf": f"{LABEL}, exposures DOUBLE, conversions DOUBLE, revenue DOUBLE, purchases BIGINT",
    "sql": f"{LABEL}, revenue DOUBLE",
}


def main(how: str, backend: str) -> None:
    """Print the rate of one run."""
    tables = environment(timedelta(days=2), {"state.backend.type": backend, "parallelism.default": "1"})
    tables.execute_sql(SOURCE)
    if how == "ptf":
        labelled = label_exposures(tables, tables.sql_query(EVENTS_SQL.format(more="")), WINDOW_MS)
    else:
        labelled = tables.sql_query(JOIN.format(events=EVENTS_SQL.format(more=", happens, arrives")))
    tables.execute_sql(f"CREATE TEMPORARY TABLE nowhere ({COLUMNS[how]}) WITH ('connector' = 'blackhole')")
    started_s = time.perf_counter()
    labelled.execute_insert("nowhere").wait()
    print(f"{how} {backend}: {EVENTS / (time.perf_counter() - started_s):,.0f} events/s")


if __name__ == "__main__":
    main(*sys.argv[1:])
