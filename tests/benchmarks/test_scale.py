"""The arithmetic from figures to machines."""

from typing import Any

import pytest

from benchmarks.scale import Measured, needed, page

MEASURED = Measured(slot_events_per_s=50_000, cpu_s=24, redis_cpu_s=3, flink_bytes=500, redis_bytes=1200)
JOB = "visitor_preferences"
FOUND: dict[str, Any] = {
    "throughput": [
        {
            "job": JOB,
            "subject": "tidemark",
            "backend": "rocksdb",
            "cpu_s_per_million": 24,
            "redis_cpu_s_per_million": 3,
        }
    ],
    "growth": [
        {"job": JOB, "visitors": 10, "events_per_s": 60_000},
        {"job": JOB, "visitors": 1000, "events_per_s": 50_000},
    ],
    "bytes": [
        {"job": JOB, "store": "flink", "per_visitor": 500},
        {"job": JOB, "store": "redis", "per_visitor": 1200},
    ],
}


def test_figures_are_those_of_the_most_visitors() -> None:
    assert Measured.of(FOUND, JOB) == MEASURED


def test_half_a_million_orders_a_second() -> None:
    found = needed(MEASURED, 500_000, 400e6)
    assert found.cores == 20  # 12 busy cores, at 60 %
    assert found.slots == 17
    assert found.partitions == 60
    assert found.flink_tb == pytest.approx(0.2)
    assert found.redis_tb == pytest.approx(0.96)
    assert found.redis_nodes == 25  # 0.96 TB / 38.4 GB


def test_commands_can_ask_for_more_redis_nodes_than_memory() -> None:
    assert needed(MEASURED, 20e6, 1e6).redis_nodes == 200


def test_the_page_has_the_derived_rows() -> None:
    text = page(FOUND, JOB)
    assert "| orders alone | 500,000 | 20 | 17 | 60 | 0.20 | 0.96 | 25 |" in text
    assert "{" not in text


def test_what_was_not_measured_is_named() -> None:
    with pytest.raises(LookupError, match="growth"):
        page({**FOUND, "growth": []}, JOB)
