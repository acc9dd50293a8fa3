"""Label the exposures of `FOLDER/events.json` with the job's own operator, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from schemas.avro import load
from schemas.flink_types import row_type
from tests.operators.preferences.fold_in_flink import environment

TOPICS = {"exposure": "exposure", "behavior": "purchase", "erasure": "erasure"}
"""Name of the schema -> what the rows are called."""


def main(folder: Path, backend: str, window_ms: int) -> None:
    """Events in order of arrival, each [topic, event] -> `rows.json`, the rows of `label_exposures`."""
    from pyflink.table import DataTypes

    from operators.layouts.label_exposures import label_exposures, visits

    tables = environment(timedelta(days=1), {"state.backend.type": backend})
    arrivals = json.loads((folder / "events.json").read_text())
    topics = {name: [event for topic, event in arrivals if topic == name] for name in TOPICS}
    sources = [table_of(tables, name, events) for name, events in topics.items()]
    # Flink keeps no order between tables: here what comes first is told.
    order = {identity(event, topic): place for place, (topic, event) in enumerate(arrivals)}
    columns = ("visitor_id", "kind", "event_id")
    with visits(tables, *sources).execute().collect() as rows:
        listed = sorted((tuple(row) for row in rows), key=lambda row: order[row[:3]])
    text, number = DataTypes.STRING(), DataTypes.BIGINT(False)
    types = [DataTypes.STRING(False)] * 3 + [number, text, text, text, DataTypes.DOUBLE(False)]
    names = (*columns, "event_time", "shop_id", "segment", "layout", "revenue")
    row = DataTypes.ROW([DataTypes.FIELD(*field) for field in zip(names, types, strict=True)])
    labelled = label_exposures(tables, tables.from_elements(listed, row), window_ms)
    with labelled.execute().collect() as rows:
        (folder / "rows.json").write_text(json.dumps([list(row) for row in rows]))


def table_of(tables: Any, name: str, events: list[dict[str, Any]]) -> Any:
    """As the topic's, also of no events."""
    return tables.from_elements([tuple(event.values()) for event in events], row_type(load(name)))


def identity(event: dict[str, Any], topic: str) -> tuple[str, str, str]:
    return event["visitor_id"], TOPICS[topic], event["event_id"]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
