"""From runs to the figures of `latest.json`."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from benchmarks.subjects import Run

ROOT = Path(__file__).parents[1]

Row = dict[str, Any]


def throughput(job: str, subject: str, backend: str | None, runs: Sequence[Run]) -> dict[str, Any]:
    """One row: medians, each over all runs. `runs` are events a second."""
    return {
        "job": job,
        "subject": subject,
        "backend": backend,
        "events": runs[0].events,
        "events_per_s": round(median(run.events / run.duration_s for run in runs)),
        "cpu_s_per_million": round(median(run.cpu_s / run.events * 1e6 for run in runs), 2),
        "redis_cpu_s_per_million": round(median(run.redis_cpu_s / run.events * 1e6 for run in runs), 2),
        "startup_s": round(median(run.startup_s for run in runs), 1),
        "events_per_s_once_up": round(median(run.events / (run.duration_s - run.startup_s) for run in runs)),
        "runs": [round(run.events / run.duration_s) for run in runs],
    }


PARTS = ("throughput", "latency", "growth", "bytes")


def results(found: Mapping[str, Sequence[Row]], job: str, former: Mapping[str, Any]) -> dict[str, Any]:
    """The whole file: what was `found` of `job`, and of what was not measured now, what stood there.

    Each backend is a run by itself, whose subjects stand beside each other: the rows of one that was measured
    now go together, those of the other stay.

    measured : by job, part and backend, the commit that was measured.
    """
    measured = {**former.get("measured", {})}
    now = {name for part, rows in found.items() for row in rows if (name := _name(part, row))}
    measured[job] = {**measured.get(job, {}), **dict.fromkeys(sorted(now), commit())}
    parts = {}
    for part in PARTS:
        rows = found.get(part, ())
        kept = [row for row in former.get(part, ()) if not _is_replaced(row, job, rows)]
        parts[part] = sorted([*kept, *rows], key=lambda row: str(row["job"]))
    return {"commit": commit(), "measured": measured, "machine": machine(), **parts}


def _is_replaced(row: Row, job: str, found: Sequence[Row]) -> bool:
    return row["job"] == job and any(other.get("backend") == row.get("backend") for other in found)


def _name(part: str, row: Row) -> str | None:
    """Of what a row is a part of; none: it stands beside those of every backend."""
    if part != "throughput":
        return part
    return f"{part} on {row['backend']}" if row["backend"] else None


def load(file: Path) -> dict[str, Any]:
    """What `save` wrote; empty when there is nothing."""
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def save(found: dict[str, Any], file: Path) -> None:
    """Write it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=2) + "\n")


def commit() -> str:
    """Of the tree that is measured; `-dirty` when files differ from it."""
    revision = _output("git", "-C", str(ROOT), "rev-parse", "HEAD")
    changed = _output("git", "-C", str(ROOT), "status", "--porcelain")
    return f"{revision}-dirty" if changed else revision


def machine() -> dict[str, Any]:
    """What figures depend on; nothing that names the machine."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    java = re.search(r'version "([^"]+)"', _output("java", "-version"))
    redis = re.search(r"v=([\d.]+)", _output("redis-server", "--version"))
    return {
        "cpu": found.group(1) if found else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": platform.system(),
        "python": platform.python_version(),
        "java": java.group(1) if java else None,
        "flink": version("apache-flink"),
        "redis": redis.group(1) if redis else None,
    }


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return (done.stdout + done.stderr).strip()
