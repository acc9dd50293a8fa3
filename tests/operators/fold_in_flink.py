"""Run the job's own fold over the events of `FOLDER/events.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

HALF_LIVES_MS = (1_800_000, 604_800_000, 7_776_000_000)
FACETS = ("category", "brand")


def main(folder: Path) -> None:
    """Write `rows.json`: visitor, category, brand, packed in hexadecimal."""
    from pyflink.table import DataTypes

    from flink_jobs.config import RunConfig
    from flink_jobs.environment import table_environment
    from operators.decayed_preferences import decayed_preferences
    from tidemark.modules import jar

    more = {"pipeline.jars": jar().resolve().as_uri(), "rest.port": "0"}
    tables = table_environment("twin", RunConfig(), timedelta(days=900), more)
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
