from typing import Any
from xml.etree import ElementTree

from benchmarks.render import columns, page, ratios, svg, table


def row(subject: str, backend: str | None, rate: int) -> dict[str, Any]:
    return {
        "job": "visitor_preferences",
        "subject": subject,
        "backend": backend,
        "events": 2_000_000,
        "events_per_s": rate,
        "cpu_s_per_million": 12.25,
        "startup_s": 4.5,
        "events_per_s_once_up": rate * 2,
        "runs": [rate, rate, rate],
    }


ROWS = [
    row("tidemark", "rocksdb", 60_000),
    row("tidemark", "heap", 160_000),
    row("quix", "rocksdb", 15_000),
    row("bytewax", "heap", 40_000),
    row("blackhole", None, 400_000),
]


def test_a_peer_is_compared_on_its_own_backend() -> None:
    assert ratios(ROWS[2], ROWS) == "4.0 (rocksdb)"
    assert ratios(ROWS[3], ROWS) == "4.0 (heap)"


def test_what_has_no_state_is_compared_with_both() -> None:
    assert ratios(ROWS[4], ROWS) == "0.15 (rocksdb), 0.40 (heap)"


def test_a_ratio_over_a_hundred_reads_as_a_number() -> None:
    assert ratios(row("per_record", "heap", 1_231), ROWS) == "130 (heap)"


def test_no_ratio_without_the_job_itself() -> None:
    assert ratios(ROWS[2], ROWS[1:]) == "–"


def test_every_row_of_the_table_has_as_many_cells_as_its_head() -> None:
    lines = table(ROWS).splitlines()
    assert {line.count(" | ") for line in (lines[0], *lines[2:])} == {10}
    assert len(lines) == 2 + len(ROWS)
    assert "**160,000**" in lines[3]


def test_the_page_names_commit_machine_and_picture() -> None:
    found = {
        "measured": {"some_job": {"throughput": "abcdef-dirty"}},
        "machine": {"cores": 2},
        "throughput": ROWS,
        "latency": [{"job": "some_job", "p99_ms": 345}],
        "growth": [],
    }
    text = page(found, "bars.svg")
    assert "`some_job`: throughput at `abcdef-dirty`. Machine: cores 2." in text
    assert "| some_job | 345 |" in text
    assert "## Growth" not in text
    assert "(bars.svg)" in text


def test_bars_are_as_long_as_their_rates() -> None:
    bars = ElementTree.fromstring(svg(ROWS)).findall("{*}rect")[1:]
    lengths = [int(bar.attrib["width"]) for bar in bars]
    assert abs(lengths[0] / lengths[4] - 60 / 400) < 0.01
    assert max(lengths) == lengths[4]


def test_a_picture_names_each_job_once() -> None:
    others = [{**of, "job": "event_gate"} for of in ROWS[:2]]
    texts = [text.text for text in ElementTree.fromstring(svg([*ROWS, *others])).findall("{*}text")]
    assert [text for text in texts if text and "_" in text] == ["visitor_preferences", "event_gate"]


def test_a_picture_of_nothing_is_still_one() -> None:
    assert ElementTree.fromstring(svg([])).tag.endswith("svg")


def test_rows_become_a_table_with_their_names_at_its_head() -> None:
    lines = columns([{"job": "a_b", "events_per_s": 12_345, "of_sustained": 0.5}]).splitlines()
    assert lines[0] == "| job | events per s | of sustained |"
    assert lines[2] == "| a_b | 12,345 | 0.5 |"
