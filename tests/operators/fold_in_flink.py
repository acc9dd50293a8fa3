"""Run the job's own fold over the events of `FOLDER/events.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

HALF_LIVES_MS = (1_800_000, 604_800_000, 7_776_000_000)
FACETS = ("category", "brand")


def main(folder: Path) -> None:
    """Write `rows.json`: visitor, category, brand, packed in hexadecimal."""
    from pyflink.table import DataTypes

    from operators.decayed_preferences import decayed_preferences

    tables = environment(timedelta(days=900))
    text, number = DataTypes.STRING(), DataTypes.BIGINT(False)
    columns = {
        "visitor_id": DataTypes.STRING(False),
        "event_id": DataTypes.STRING(False),
        "event_time": number,
    }
    columns |= {"weight": DataTypes.DOUBLE(), **dict.fromkeys(FACETS, text)}
    row = DataTypes.ROW([DataTypes.FIELD(name, of) for name, of in columns.items()])
    weighed = tables.from_elements(json.loads((folder / "events.json").read_text()), row)
    result = decayed_preferences(tables, weighed, FACETS, HALF_LIVES_MS).execute()
    with result.collect() as rows:
        folded = [(*row[:3], bytes(row[3]).hex()) for row in map(tuple, rows)]
    (folder / "rows.json").write_text(json.dumps(folded))


def repeat(folder: Path, ttl: timedelta) -> None:
    """Write `rows.json`: what four events alike give that come a second apart, under `ttl`."""
    from operators.decayed_preferences import decayed_preferences

    tables = environment(ttl)
    tables.execute_sql("""CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '1',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '4')""")
    alike = tables.sql_query("""SELECT 'ann' AS visitor_id, CAST(n AS STRING) AS event_id,
        CAST(1000 AS BIGINT) AS event_time, CAST(1 AS DOUBLE) AS weight, 'soap' AS category FROM ticks""")
    with decayed_preferences(tables, alike, ["category"], HALF_LIVES_MS).execute().collect() as rows:
        folded = [bytes(row[2]).hex() for row in map(tuple, rows)]
    (folder / "rows.json").write_text(json.dumps(folded))


def environment(ttl: timedelta) -> Any:
    """A table environment as the job's, with the jar."""
    from flink_jobs.config import RunConfig
    from flink_jobs.environment import table_environment
    from tidemark.modules import jar

    more = {"pipeline.jars": jar().resolve().as_uri(), "rest.port": "0"}
    return table_environment("twin", RunConfig(), ttl, more)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        repeat(Path(sys.argv[1]), timedelta(milliseconds=int(sys.argv[2])))
