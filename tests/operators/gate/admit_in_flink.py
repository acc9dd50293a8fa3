"""Run the job's own admission over the rows of `FOLDER/decoded.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from schemas.event_types import SUSPECT, WITHHELD, Header
from tests.operators.preferences.fold_in_flink import environment, free_port
from tidemark.job_metrics import summed

PER_MINUTE = 5
ALIKE = 5
COUNTERS = ("passed", "duplicates", "expired_entries")


def main(folder: Path, backend: str, sweep_ms: int) -> None:
    """Write `verdicts.json`: source and verdict of each row, in order of arrival."""
    from pyflink.table import DataTypes

    from operators.gate.admit_events import admit_events

    tables = environment(timedelta(days=1), {"state.backend.type": backend})
    text, number = DataTypes.STRING(), DataTypes.BIGINT()
    types = {"key": text, "topic": text, "event_id": text, "minute": number, "unit": text}
    types |= {"value": DataTypes.BYTES(), "reason": text}
    types |= {"raw_topic": text, "raw_partition": DataTypes.INT(), "raw_offset": number}
    types |= {"source": text, "arrived_s": number, "attempt": text}
    row = DataTypes.ROW([DataTypes.FIELD(name, of) for name, of in types.items()])
    rows = [
        (key, topic, event_id, minute, unit, bytearray(), "", "raw", 0, i, None, 0, "0")
        for i, (key, topic, event_id, minute, unit) in enumerate(
            json.loads((folder / "decoded.json").read_text())
        )
    ]
    admitted = admit_events(tables, tables.from_elements(rows, row), PER_MINUTE, sweep_ms=sweep_ms)
    with admitted.execute().collect() as found:
        verdicts = [verdict(row) for row in map(tuple, found)]
    (folder / "verdicts.json").write_text(json.dumps(verdicts))


def repeat(folder: Path, backend: str, kept_ms: int) -> None:
    """Write `verdicts.json`: of events alike that come a second apart, and the counters.

    The first is Aa's, the others BB's. The two share a bucket, which is swept at each event.
    """
    from operators.gate.admit_events import admit_events

    port = free_port()
    settings = {"rest.bind-port": str(port), "metrics.fetcher.update-interval": "100"}
    tables = environment(timedelta(days=1), {**settings, "state.backend.type": backend})
    tables.execute_sql("""CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '1',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '60')""")
    text = "CAST(NULL AS STRING)"
    alike = tables.sql_query(f"""SELECT CASE WHEN n = 1 THEN 'Aa' ELSE 'BB' END AS key, 'behaviors' AS topic,
        'e' AS event_id, CAST(7 AS BIGINT) AS `minute`, {text} AS unit, X'00' AS `value`, {text} AS reason,
        'raw' AS raw_topic, 0 AS raw_partition, n AS raw_offset,
        {text} AS source, n AS arrived_s, '0' AS attempt FROM ticks""")
    result = admit_events(tables, alike, PER_MINUTE, kept_ms=kept_ms, sweep_ms=1).execute()
    with result.collect() as rows:
        verdicts = [verdict(row)[1] for row in islice(map(tuple, rows), ALIKE)]
        counted = counters(f"localhost:{port}", str(result.get_job_client().get_job_id()))
    (folder / "verdicts.json").write_text(json.dumps([verdicts, counted]))


def verdict(row: Sequence[Any]) -> tuple[str, str | None]:
    """The offset of a message's source, and what was said of it."""
    _, value, topic, headers = row
    said = bytes(value).decode() if topic == WITHHELD else "suspect" if topic == SUSPECT else None
    return bytes(headers[Header.SOURCE]).decode().removeprefix("raw:0:"), said


def counters(flink: str, job_id: str) -> dict[str, Any]:
    """The function's counters, once it has counted all events alike."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        counted = summed(flink, job_id, COUNTERS)
        if counted.get("passed", 0) + counted.get("duplicates", 0) >= ALIKE:
            return counted
        time.sleep(0.1)
    raise TimeoutError("the function does not count its events")


if __name__ == "__main__":
    folder, task, backend, span_ms = sys.argv[1:]
    {"admit": main, "repeat": repeat}[task](Path(folder), backend, int(span_ms))
