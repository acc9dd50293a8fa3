"""`tidemark evaluate articles`: what it says and writes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tidemark.cli.test_replay import tidemark
from tests.tidemark.evaluate.test_articles import lists


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small MIND folder."""
    rows = []
    for shown in lists(120):
        at = datetime.fromtimestamp(shown.at_ms / 1000, UTC).strftime("%m/%d/%Y %I:%M:%S %p")
        entries = [f"{a}-{int(c)}" for a, c in zip(shown.articles, shown.clicked, strict=True)]
        rows.append("\t".join([shown.number, shown.reader, at, " ".join(shown.history), " ".join(entries)]))
    (tmp_path / "behaviors.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_figures_of_every_track_are_shown_and_written(folder: Path) -> None:
    output = folder / "figures.json"
    done = tidemark("evaluate", "articles", "--mind", str(folder), "--output", str(output))
    assert done.returncode == 0, done.stderr
    for said in ("length known", "slate known", "neither known", "river FTRL", "goal"):
        assert said in done.stdout
    rows = json.loads(output.read_text())
    found = {(row["subject"], row["metric"]): row for row in rows}
    for track in ("", "_slate", "_plain"):
        for metric in ("log_loss", "auc", "list_auc", "ece"):
            row = found["tidemark", metric + track]
            assert 0 <= row["low"] <= row["high"] <= 1
        lost = found["river LogisticRegression", f"log_loss_lost{track}"]
        assert lost["low"] <= lost["value"] <= lost["high"]


def test_without_data_it_says_what_is_left_out_and_how_to_name_it() -> None:
    done = tidemark("evaluate", "articles")
    assert "MIND: left out; name its folder with --mind" in done.stdout
    if "Open Bandit: left out" in done.stdout:  # unless the package obp is installed
        assert done.returncode == 2
        assert "nothing to evaluate" in done.stderr


@pytest.mark.parametrize("option", ["--mind", "--open-bandit"])
def test_a_folder_that_is_none_is_refused(tmp_path: Path, option: str) -> None:
    done = tidemark("evaluate", "articles", option, str(tmp_path))
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr.replace("\n", "")
