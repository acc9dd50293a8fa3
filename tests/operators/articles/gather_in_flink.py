"""Gather the events of `FOLDER/events.json` into lists with the job's own operator, in a Flink of its own.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.operators.preferences.fold_in_flink import environment

LATE_S = 10
"""So far the watermark is behind."""

TEXTS = ("visitor_id", "kind", "list_id", "article_id", "segment", "shop_id")
COLUMNS = (
    "visitor_id", "kind", "list_id", "list_length", "article_id", "position", "recent_articles", "segment",
    "event_time", "appended_ms", "shop_id",
)  # fmt: skip


def main(folder: Path, backend: str, window_ms: int, wait_ms: int) -> None:
    """Events in order of arrival, erasures among them -> `rows.json`, the rows of `gather_lists`."""
    from pyflink.table import DataTypes, Schema

    from operators.articles.gather_lists import gather_lists

    tables = environment(timedelta(days=1), {"state.backend.type": backend})
    types: dict[str, Any] = dict.fromkeys(TEXTS, DataTypes.STRING())
    types |= dict.fromkeys(("list_length", "position"), DataTypes.INT())
    types |= dict.fromkeys(("event_time", "appended_ms"), DataTypes.BIGINT(False))
    types |= {"recent_articles": DataTypes.ARRAY(DataTypes.STRING(False))}
    row = DataTypes.ROW([DataTypes.FIELD(name, types[name]) for name in COLUMNS])
    events = json.loads((folder / "events.json").read_text())
    listed = [
        tuple({**event, "appended_ms": at}.get(name) for name in COLUMNS) for at, event in enumerate(events)
    ]
    schema = Schema.new_builder().from_row_data_type(row)
    schema.column_by_expression("happened", "TO_TIMESTAMP_LTZ(event_time, 3)")
    schema.watermark("happened", f"happened - INTERVAL '{LATE_S}' SECOND")
    arriving = tables.to_data_stream(tables.from_elements(listed, row))
    timed = tables.from_data_stream(arriving, schema.build())
    gathered = gather_lists(tables, timed, window_ms, wait_ms, retention_ms=30 * 86_400_000)
    with gathered.execute().collect() as rows:
        told = [[*list(row)[1:6], bytes(row[6]).hex()] for row in rows]
    (folder / "rows.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
