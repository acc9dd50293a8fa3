"""`tidemark evaluate`: a table for people, a file for machines."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tidemark.evaluate.conftest import baskets
from tidemark.cli.main import app
from tidemark.evaluate import preferences, segments, simulated
from tidemark.evaluate.baskets import Baskets
from tidemark.evaluate.shops import Span
from tidemark.simulate.parameters import Parameters

__all__ = ["baskets"]  # the fixture of made-up shoppers


@pytest.fixture(autouse=True)
def _few_days(baskets: Baskets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.evaluate.baskets.complete_journey", lambda with_demographics: baskets)  # noqa: ARG005
    monkeypatch.setattr(segments, "SECOND_HALF", Span(12, 24))
    monkeypatch.setattr(preferences, "SECOND_HALF", Span(12, 24))
    monkeypatch.setattr(segments, "SUBJECTS", segments.SUBJECTS[:2])


def test_segments_are_measured_shown_and_written(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    done = CliRunner().invoke(app, ["evaluate", "segments", "--output", str(file)])
    assert done.exit_code == 0, done.output
    rows = json.loads(file.read_text())
    ours = {row["metric"]: row for row in rows if row["subject"] == "tidemark"}
    assert set(ours) == {
        "bits_k8", "bits_k8_frozen", "bits_k8_left_out", "weekly_changes", "weekly_changes_worst",
    }  # fmt: skip
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert {row["subject"] for row in rows} == {"tidemark", "random labels"}
    assert "random" in done.output


def test_preferences_are_measured_shown_and_written(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    done = CliRunner().invoke(app, ["evaluate", "preferences", "--output", str(file)])
    assert done.exit_code == 0, done.output
    ours = {row["metric"] for row in json.loads(file.read_text()) if row["subject"] == "tidemark"}
    assert ours == {"recall_10", "ndcg_10", "bits_own", "bits_own_frozen"}


def test_a_simulated_world_is_measured_and_written_beside_other_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Parameters(visitors=80, days=3, industries=1, shops=1, categories=20)
    monkeypatch.setattr(simulated, "EVALUATED", small)
    monkeypatch.setattr(simulated, "SEEDS", (1, 2))
    file = tmp_path / "rows.json"
    other = {"metric": "bits_k8", "data": "shoppers", "subject": "x", "value": 1.0, "low": 1.0, "high": 1.0}
    file.write_text(json.dumps([other]))
    command = [
        "evaluate",
        "simulated",
        "--effect",
        "0.5",
        "--effect",
        "0",
        "--ablations",
        "--output",
        str(file),
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    rows = json.loads(file.read_text())
    assert other in rows
    subjects = {row["subject"] for row in rows}
    assert {"tidemark", "age × income", "layouts by chance", "with three horizons alike"} <= subjects
    assert {row["metric"] for row in rows if row["subject"] == "tidemark"} == {
        "conversion_uplift",
        "regret",
        "regret_of_bandit",
    }
    assert any(row["metric"] == "conversion_uplift" and row["value"] == 0 for row in rows)  # over itself
    without = [row for row in rows if row["data"] == "simulated, effect 0" and row["metric"] == "regret"]
    assert len(without) == len(subjects) - 1
    assert [row["value"] for row in without] == [pytest.approx(0, abs=1e-9)] * len(without)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["evaluate", "segments", "--output", str(tmp_path / "file" / "rows.json")])
    assert done.exit_code != 0
    assert "cannot write" in str(done.exception)
