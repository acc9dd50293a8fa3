import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import load, machine, results, save, throughput
from benchmarks.subjects import Run

RUNS = [
    Run(1000, 10.0, 3.0, 0.002, 0.001),
    Run(1000, 2.0, 1.0, 0.004, 0.003),
    Run(1000, 5.0, 2.0, 0.001),
]


def test_a_row_holds_the_medians_and_every_run() -> None:
    row = throughput("visitor_preferences", "quix", "rocksdb", RUNS)
    assert row == {
        "job": "visitor_preferences",
        "subject": "quix",
        "backend": "rocksdb",
        "events": 1000,
        "events_per_s": 200,
        "cpu_s_per_million": 2.0,
        "redis_cpu_s_per_million": 1.0,
        "startup_s": 2.0,
        "events_per_s_once_up": 333,
        "runs": [100, 500, 200],
    }


@given(st.permutations(RUNS))
def test_the_order_of_the_runs_changes_no_median(runs: list[Run]) -> None:
    row, other = throughput("j", "quix", None, runs), throughput("j", "quix", None, RUNS)
    assert {**row, "runs": None} == {**other, "runs": None}


def test_the_file_has_every_list_and_reads_back(tmp_path: Path) -> None:
    found = results({"throughput": [throughput("j", "quix", None, RUNS)]}, "j", {})
    save(found, tmp_path / "new" / "latest.json")
    assert json.loads((tmp_path / "new" / "latest.json").read_text()) == found
    assert load(tmp_path / "new" / "latest.json") == found
    assert list(found) == ["commit", "measured", "machine", "throughput", "latency", "growth", "bytes"]


def test_what_is_not_measured_again_stays() -> None:
    def row(job: str, rate: int, backend: str | None = "heap") -> dict[str, object]:
        return {"job": job, "rate": rate, "backend": backend}

    on_rocksdb, alone = row("a", 1, "rocksdb"), row("a", 1, None)
    first = results({"throughput": [row("a", 1), on_rocksdb, alone], "latency": [{"job": "a"}]}, "a", {})
    second = results({"throughput": [row("b", 2)]}, "b", first)
    third = results({"throughput": [row("a", 3)]}, "a", second)
    assert third["throughput"] == [on_rocksdb, alone, row("a", 3), row("b", 2)]
    assert third["latency"] == [{"job": "a"}]
    assert set(third["measured"]) == {"a", "b"}
    assert set(third["measured"]["a"]) == {"throughput on heap", "throughput on rocksdb", "latency"}


def test_nothing_stands_in_a_file_that_is_missing(tmp_path: Path) -> None:
    assert load(tmp_path / "latest.json") == {}


def test_the_machine_is_described_without_its_name() -> None:
    described = machine()
    assert described["cores"] >= 1
    assert str(Path.cwd()) not in str(described)
