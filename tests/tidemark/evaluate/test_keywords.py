"""The evaluation of keywords and tags: its measures, its order, and that it predicts before it learns."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operators.keywords.read_articles import ReadArticle
from tests.synthetic_articles import synthetic_articles
from tidemark.cli.main import app
from tidemark.evaluate import keywords
from tidemark.evaluate.keywords import Subject, f1, headlines_described
from tidemark.evaluate.results import Row, save
from tidemark.evaluate.tf_idf import TfIdf
from tidemark.evaluate.tnews import FILES, in_order, tnews


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Headlines that nobody wrote, as TNEWS has them; every fourth twice."""
    rows = []
    for i, article in enumerate(synthetic_articles(240)):
        told = [tag.partition(":")[2] for tag in article["tags"]]
        row = {"sentence": f"{article['title']} {i}", "keywords": ",".join(told[1:]), "id": i}
        rows.append(row | ({"label_desc": told[0]} if told else {}))
    for at, name in enumerate(FILES):
        lines = [json.dumps(row) for row in (*rows[at::4], rows[0])]
        (tmp_path / f"{name}.json").write_text("\n".join(lines))
    return tmp_path


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    assert f1(["a", "b"], ["b", "c", "d"]) == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert f1([], ["a"]) == 0


def test_a_headline_that_is_there_twice_counts_once_and_files_order_is_gone(folder: Path) -> None:
    read = tnews(folder)
    assert len(read) == len({headline.title for headline in read}) == 240
    assert [int(headline.article.article_id) for headline in read] != sorted(
        int(headline.article.article_id) for headline in read
    )


def test_every_order_has_the_same_headlines_in_the_first_quarter(folder: Path) -> None:
    read = tnews(folder)
    quarters = [{id(headline) for headline in in_order(read, seed)[:60]} for seed in (1, 2)]
    assert quarters[0] == quarters[1]
    assert in_order(read, 1) != in_order(read, 2)


def test_nothing_is_learned_before_it_is_predicted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All headlines in one batch: whoever has seen none of them knows no category."""
    monkeypatch.setattr(keywords, "BATCH", 10_000)
    for subject in (keywords.SUBJECTS[0], Subject("TF-IDF", TfIdf)):
        rows = {row.metric: row.value for row in headlines_described(tnews(folder), subject, lambda: None)}
        assert rows["tag_accuracy"] < 0.5


def test_the_evaluation_shows_and_writes_its_rows_beside_others(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    other = Row.over("log_loss", "mind", "tidemark", [0.15])
    save([other, Row.over("keyword_f1", "tnews", "an older subject", [0.1])], file)
    done = CliRunner().invoke(app, ["evaluate", "keywords", "--tnews", str(folder), "--output", str(file)])
    assert done.exit_code == 0, done.output
    rows = json.loads(file.read_text())
    assert rows[0]["metric"] == "log_loss"
    assert {row["subject"] for row in rows[1:]} == {subject.name for subject in keywords.SUBJECTS}
    ours = {row["metric"]: row["value"] for row in rows if row["subject"] == "tidemark"}
    assert set(ours) == {"log_loss", "keyword_f1", "keyword_f1_present", "tag_accuracy"}
    assert ours["keyword_f1"] > 0.5


def test_a_folder_without_tnews_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", "keywords", "--tnews", str(tmp_path)])
    assert "a TNEWS folder has" in str(done.exception)


def test_editors_keywords_can_be_kept_from_it() -> None:
    read = keywords.unchosen(
        ReadArticle("a", 1, 1, ["x"], [1], [[1, -1, -1]], [1.0], [0.0], [1], [(0, 0)], [], ["x"], [])
    )
    assert (read.keywords, read.phrases) == ([], ["x"])
