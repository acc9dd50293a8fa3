"""Run the job's own fold over the events of `FOLDER/events.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from flink_jobs.durations import milliseconds

HALF_LIVES_MS = (1_800_000, 604_800_000, 7_776_000_000)
FACETS = ("category", "brand")
YEARS = timedelta(days=900)


def main(folder: Path, sweep_ms: int) -> None:
    """Write `rows.json`: visitor, category, brand, packed in hexadecimal."""
    from pyflink.table import DataTypes

    from operators.decayed_preferences import decayed_preferences

    tables = environment(YEARS)
    text, number = DataTypes.STRING(), DataTypes.BIGINT(False)
    columns = {
        "visitor_id": DataTypes.STRING(False),
        "event_id": DataTypes.STRING(False),
        "event_time": number,
    }
    columns |= {"weight": DataTypes.DOUBLE(), "erases": DataTypes.BOOLEAN(False), "appended_ms": number}
    columns |= dict.fromkeys(FACETS, text)
    row = DataTypes.ROW([DataTypes.FIELD(name, of) for name, of in columns.items()])
    events = json.loads((folder / "events.json").read_text())
    weighed = tables.from_elements([(*event[:5], at, *event[5:]) for at, event in enumerate(events)], row)
    years_ms = milliseconds(YEARS)
    folds = decayed_preferences(tables, weighed, FACETS, HALF_LIVES_MS, years_ms, sweep_ms=sweep_ms)
    with folds.execute().collect() as rows:
        folded = [(row[0], *row[2:4], bytes(row[4]).hex()) for row in map(tuple, rows)]
    (folder / "rows.json").write_text(json.dumps(folded))


def repeat(folder: Path, ttl: timedelta) -> None:
    """Write `rows.json`: what four events alike give that come a second apart, under `ttl`."""
    from operators.decayed_preferences import decayed_preferences

    tables = environment(ttl)
    tables.execute_sql("""CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '1',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '4')""")
    alike = tables.sql_query("""SELECT 'ann' AS visitor_id, CAST(n AS STRING) AS event_id,
        CAST(1000 AS BIGINT) AS event_time, CAST(1 AS DOUBLE) AS weight, FALSE AS erases, n AS appended_ms,
        'soap' AS category FROM ticks""")
    folds = decayed_preferences(tables, alike, ["category"], HALF_LIVES_MS, milliseconds(ttl))
    with folds.execute().collect() as rows:
        folded = [bytes(row[3]).hex() for row in map(tuple, rows)]
    (folder / "rows.json").write_text(json.dumps(folded))


def environment(ttl: timedelta) -> Any:
    """A table environment as the job's, with the jar."""
    from flink_jobs.config import RunConfig
    from flink_jobs.environment import table_environment
    from tidemark.modules import jar

    more = {"pipeline.jars": jar().resolve().as_uri(), "rest.port": "0"}
    return table_environment("twin", RunConfig(), ttl, more)


if __name__ == "__main__":
    if sys.argv[2] == "fold":
        main(Path(sys.argv[1]), sweep_ms=int(sys.argv[3]))
    else:
        repeat(Path(sys.argv[1]), timedelta(milliseconds=int(sys.argv[3])))
