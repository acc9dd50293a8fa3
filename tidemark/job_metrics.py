"""What a running job says of itself over Flink's REST interface."""

from collections.abc import Collection
from dataclasses import dataclass

from tidemark.flink import get

EVENTS = "events"
DUPLICATES = "duplicates"
LAG = "pendingRecords"
RETRIES = "redis_retries"


@dataclass(frozen=True)
class JobMetrics:
    """Sums over all subtasks; None where the job has not reported yet.

    events, duplicates : behaviours that reached the decayed sums since the job last (re)started, and repeats.
    lag : messages in the topics that have not been read.
    retries : bundles that Redis did not take at once.
    """

    events: int | None
    duplicates: int | None
    lag: int | None
    retries: int | None


def job_metrics(flink: str, job_id: str) -> JobMetrics:
    """Ask every vertex for what it has; vertices that chain report together."""
    names = (EVENTS, DUPLICATES, LAG, RETRIES)
    found = summed(flink, job_id, names)
    return JobMetrics(*(found.get(name) for name in names))


def summed(flink: str, job_id: str, names: Collection[str]) -> dict[str, int]:
    """Metrics of the job's operators by their last names, over all subtasks; those that were reported."""
    found: dict[str, float] = {}
    for vertex in get(flink, f"/jobs/{job_id}")["vertices"]:
        path = f"/jobs/{job_id}/vertices/{vertex['id']}/subtasks/metrics"
        wanted = [m["id"] for m in get(flink, path) if m["id"].split(".")[-1] in names]
        if not wanted:
            continue
        for metric in get(flink, f"{path}?get={','.join(wanted)}&agg=sum"):
            name = metric["id"].split(".")[-1]
            found[name] = found.get(name, 0.0) + metric["sum"]
    return {name: int(number) for name, number in found.items()}
