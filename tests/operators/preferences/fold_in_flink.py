"""Run the job's own fold over the events of `FOLDER/events.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import socket
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flink_jobs.durations import milliseconds
from tidemark.flink import get

HALF_LIVES_MS = (1_800_000, 604_800_000, 7_776_000_000)
FACETS = ("category", "brand")
YEARS = timedelta(days=900)


def main(folder: Path, backend: str, sweep_ms: int) -> None:
    """Write `rows.json`: visitor, category, brand, packed in hexadecimal."""
    from pyflink.table import DataTypes

    from operators.preferences.decayed_preferences import decayed_preferences

    tables = environment(YEARS, {"state.backend.type": backend})
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


def repeat(folder: Path, backend: str, ttl: timedelta) -> None:
    """Write `rows.json`: what five events alike give that come a second apart, under `ttl`, and the counters.

    The first is Aa's, the others BB's. The two share a bucket, which is swept at each event.
    """
    from operators.preferences.decayed_preferences import decayed_preferences

    ttl_ms, port = milliseconds(ttl), free_port()
    settings = {
        "rest.bind-port": str(port),
        "metrics.fetcher.update-interval": "100",
        "state.backend.type": backend,
    }
    tables = environment(ttl, settings)
    tables.execute_sql("""CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '1',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '60')""")
    alike = tables.sql_query("""SELECT CASE WHEN n = 1 THEN 'Aa' ELSE 'BB' END AS visitor_id,
        CAST(n AS STRING) AS event_id, CAST(1000 AS BIGINT) AS event_time, CAST(1 AS DOUBLE) AS weight,
        FALSE AS erases, n AS appended_ms, 'soap' AS category FROM ticks""")
    result = decayed_preferences(
        tables, alike, ["category"], HALF_LIVES_MS, ttl_ms, seen_ms=ttl_ms, sweep_ms=1
    ).execute()
    with result.collect() as rows:
        folded = [bytes(row[3]).hex() for row in islice(map(tuple, rows), 5)]
        counted = counters(f"localhost:{port}", str(result.get_job_client().get_job_id()))
    (folder / "rows.json").write_text(json.dumps([folded, counted]))


def counters(flink: str, job_id: str) -> dict[str, int]:
    """The function's counters, once it has counted five events."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        counted = {
            metric.rpartition(".")[2]: int(value)
            for vertex in get(flink, f"/jobs/{job_id}")["vertices"]
            for metric, value in values(flink, f"/jobs/{job_id}/vertices/{vertex['id']}/subtasks/metrics")
        }
        if counted.get("events", 0) >= 5:
            return counted
        time.sleep(0.1)
    raise TimeoutError("the function counts no events")


def values(flink: str, path: str) -> list[tuple[str, float]]:
    names = [m["id"] for m in get(flink, path) if m["id"].endswith((".events", ".expired_entries"))]
    return [(m["id"], m["sum"]) for m in get(flink, f"{path}?get={','.join(names)}")] if names else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(ttl: timedelta, settings: Mapping[str, str] = MappingProxyType({})) -> Any:
    """A table environment as the job's, with the jar."""
    from flink_jobs.config import RunConfig
    from flink_jobs.environment import table_environment
    from tidemark.modules import jar

    more = {"pipeline.jars": jar().resolve().as_uri(), "rest.port": "0", **settings}
    return table_environment("twin", RunConfig(), ttl, more)


if __name__ == "__main__":
    folder, task, backend, span_ms = sys.argv[1:]
    if task == "fold":
        main(Path(folder), backend, sweep_ms=int(span_ms))
    else:
        repeat(Path(folder), backend, ttl=timedelta(milliseconds=int(span_ms)))
