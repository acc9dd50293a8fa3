"""What a person sees of the job in the Flink UI."""

import pytest

from tests.corner import Corner, await_true
from tests.real_data import complete_journey
from tidemark.flink import get
from tidemark.job_metrics import job_metrics

pytestmark = pytest.mark.flink

VERTICES = [
    "Source: behaviours from Kafka -> weigh behaviours",
    "Source: erasures from Kafka -> erasures as rows",
    "decayed preferences by visitor",
    "write to Redis -> bundles -> rows -> one key",
    "refresh priors -> end: Writer",
]

METRICS = {
    "events",
    "duplicates",
    "unweighed",
    "redis_retries",
    "rows_a_bundle",
    "redis_write_ms",
    "latency_ms",
    "redis_writing_us",
    "latency_sum_ms",
}


def test_vertices_have_readable_names(corner: Corner) -> None:
    job = corner.submit()
    names = [vertex["name"] for vertex in get(corner.flink, f"/jobs/{job}")["vertices"]]
    assert names == VERTICES
    assert all(len(name) < 80 for name in names)


def test_metrics_count_events_and_repeats(corner: Corner) -> None:
    events = complete_journey(2_000)
    corner.produce(events + events[:500])
    job = corner.submit()

    def reported() -> bool:
        metrics = job_metrics(corner.flink, job)
        return (metrics.events, metrics.duplicates, metrics.lag) == (2_500, 500, 0)

    await_true(reported, 60, lambda: str(job_metrics(corner.flink, job)))
    await_true(
        lambda: names_of_metrics(corner, job) >= METRICS, 30, lambda: str(names_of_metrics(corner, job))
    )


def names_of_metrics(corner: Corner, job: str) -> set[str]:
    """The last part of every metric's name; a distribution's parts come as `name_max` and the like."""
    found = set()
    for vertex in get(corner.flink, f"/jobs/{job}")["vertices"]:
        for metric in get(corner.flink, f"/jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"):
            found.add(metric["id"].split(".")[-1])
    return found | {name for name in METRICS if any(f.startswith(f"{name}_") for f in found)}
