"""`tidemark evaluate`: a table for people, a file for machines."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tidemark.evaluate.conftest import baskets
from tidemark.cli.main import app
from tidemark.evaluate import preferences, segments
from tidemark.evaluate.baskets import Baskets
from tidemark.evaluate.shops import Span

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


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["evaluate", "segments", "--output", str(tmp_path / "file" / "rows.json")])
    assert done.exit_code != 0
    assert "cannot write" in str(done.exception)
