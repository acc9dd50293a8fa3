"""`tidemark show article`, as a person types it."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.article_features import ArticleFeatures, features_key
from tests.tidemark.cli.typed import tidemark

TEA = ArticleFeatures(
    "4711", 1_700_000_000_000, 1_700_000_000_000, 7, (("green tea", 0.75),), (("industry:food", 0.625),)
)


@pytest.fixture(autouse=True)
def _described(redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An article in a real Redis, and a shell in which `tidemark` finds it."""
    for article, key in ((TEA, features_key("tm", 1, "4711")), (TEA, features_key("tm", 2, "other"))):
        redis.set(key, article.to_json())
    monkeypatch.setenv("TIDEMARK_REDIS", redis_server)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def test_keywords_and_tags_are_tables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "show", "article", "4711") == 0
    shown = capsys.readouterr().out
    assert "Article 4711, published 2023-11-14 22:13 UTC" in shown
    cells = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in shown.splitlines()]
    assert ["green tea", "75.0%"] in cells
    assert ["industry:food", "62.5%"] in cells


def test_json_holds_all_of_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidemark(monkeypatch, "show", "article", "other", "--generation", "2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["keywords"], found["tags"]) == ([["green tea", 0.75]], [["industry:food", 0.625]])


def test_an_article_that_nobody_described_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "show", "article", "nobody's") == 1
    assert "is unknown" in capsys.readouterr().err
    assert tidemark(monkeypatch, "show", "article", "4711", "--redis", "redis://127.0.0.1:1") == 2
    assert "127.0.0.1:1" in capsys.readouterr().err
