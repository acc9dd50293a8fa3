"""Run the job's own vectors over what happened in `FOLDER/happened.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flink_jobs.durations import milliseconds
from tests.operators.preferences.fold_in_flink import YEARS, environment

HALF_LIVES_MS, MIXTURE, GAP_MS = (7_776_000_000, 604_800_000, 1_800_000), (1.0, 0.5, 2.0), 1_800_000
WEIGHTS = {"view": 0.25, "favourite": 0.5, "cart": 0.75, "purchase": 1.0}
TEXTS = ("shop_id", "industry", "category")


def vectors(tables: Any, happened: Any, ttl: timedelta, sweep_ms: int) -> Any:
    from operators.segments.visitor_vectors import vectors_of

    settings = (WEIGHTS, HALF_LIVES_MS, MIXTURE, GAP_MS, milliseconds(ttl))
    return vectors_of(tables, happened, *settings, shard="0", sweep_ms=sweep_ms).execute()


def told(row: Any) -> tuple[str, str, str, str, str]:
    """visitor, shop, industry, category, packed in hexadecimal."""
    _, visitor, shop, industry, category, _, packed = row
    return visitor, shop, industry, category, bytes(packed).hex()


def main(folder: Path, backend: str, sweep_ms: int) -> None:
    """Write `rows.json`."""
    from pyflink.table import DataTypes

    tables = environment(YEARS, {"state.backend.type": backend})
    columns: dict[str, Any] = dict.fromkeys(("visitor_id", "event_id"), DataTypes.STRING(False))
    columns |= {"event_time": DataTypes.BIGINT(False), "behavior": DataTypes.STRING()}
    columns |= {"erases": DataTypes.BOOLEAN(False)} | dict.fromkeys(TEXTS, DataTypes.STRING())
    columns |= dict.fromkeys(("price", "quantity"), DataTypes.DOUBLE())
    columns |= {"appended_ms": DataTypes.BIGINT(False)}
    row = DataTypes.ROW([DataTypes.FIELD(name, of) for name, of in columns.items()])
    events = json.loads((folder / "happened.json").read_text())
    happened = tables.from_elements([(*event, at) for at, event in enumerate(events)], row)
    with vectors(tables, happened, YEARS, sweep_ms).collect() as rows:
        (folder / "rows.json").write_text(json.dumps([told(row) for row in rows]))


def expire(folder: Path, backend: str, ttl: timedelta) -> None:
    """Write `rows.json`: the first seven of what five views give that come a second apart, under `ttl`.

    The first is Aa's, the others BB's. The two share a bucket, which is swept at each event.
    """
    tables = environment(ttl, {"state.backend.type": backend})
    tables.execute_sql("""CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '1',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '60')""")
    happened = tables.sql_query("""SELECT CASE WHEN n = 1 THEN 'Aa' ELSE 'BB' END AS visitor_id,
        CAST(n AS STRING) AS event_id, 1000 + n AS event_time, 'view' AS behavior, FALSE AS erases,
        'one' AS shop_id, 'beauty' AS industry, 'soap' AS category,
        CAST(NULL AS DOUBLE) AS price, CAST(NULL AS DOUBLE) AS quantity, n AS appended_ms FROM ticks""")
    with vectors(tables, happened, ttl, sweep_ms=1).collect() as rows:
        (folder / "rows.json").write_text(json.dumps([told(row) for row in islice(rows, 7)]))


if __name__ == "__main__":
    folder, task, backend, span_ms = sys.argv[1:]
    if task == "vectors":
        main(Path(folder), backend, sweep_ms=int(span_ms))
    else:
        expire(Path(folder), backend, ttl=timedelta(milliseconds=int(span_ms)))
