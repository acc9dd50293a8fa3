"""`tidemark show article`, as a person types it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, Group, places
from operators.maths.articles.served_articles import unseen
from schemas.article_features import ArticleFeatures, features_key
from schemas.article_scores import MODEL, SharedModel, article_key, shared_key
from tests.tidemark.cli.typed import tidemark

NOW = 1_700_000_000_000
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


def teach(redis: Any, sums: tuple[float, float, float, float] = (40.0, 6.0, 3.0, 40.0)) -> None:
    """An article that readers click twice as often as chance, at all half-lives; its clicks count by half."""
    H, D = ArticleSettings().half_lives_ms, 2
    at = places(SERVED, len(H))
    mean = np.zeros(max(place.stop for place in at.values()))
    mean[0], mean[at[Group.RATES].start] = -3.0, 0.5
    shared = SharedModel(NOW, 1, mean, 1e-8 * np.eye(len(mean)), 0.05, H, D, 0.5)
    known = replace(
        unseen(1, len(H), D, 0.5),
        at_ms=np.array([NOW]),
        first_ms=np.array([NOW - 7_200_000]),
        sums=np.tile(np.array(sums)[None, :, None], (1, 1, len(H))),
        mean=np.array([[0.0, 3.0, 4.0]]),
    )
    redis.hset(shared_key("tm", 1), mapping=shared.fields())
    for name in ("4711", "shown only"):
        redis.hset(article_key("tm", 1, name), MODEL, known.pack()[0])


def test_the_score_is_shown_with_its_interval_and_its_reasons(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teach(redis)
    assert tidemark(monkeypatch, "show", "article", "4711") == 0
    shown = capsys.readouterr().out
    score = expit(-3 + 0.5 * np.log((6 + 2) / (3 + 2)))
    assert f"Clicked by {score:.2%} of readers" in shown
    assert "40 impressions, 6 clicks, click rate 15.00%" in shown
    assert "2.0 h old, as of 2023-11-14 22:13 UTC" in shown
    cells = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in shown.splitlines()]
    assert ["everybody", "-3.00"] in cells
    assert ["decayed rates", f"{0.5 * np.log(8 / 5):+.2f}"] in cells
    assert "Readers' tastes move it by up to 5.00." in shown
    assert ["green tea", "75.0%"] in cells


def test_an_article_of_which_there_is_no_text_has_a_score(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teach(redis)
    assert tidemark(monkeypatch, "show", "article", "shown only") == 0
    assert "Nothing is known of its text" in capsys.readouterr().out
    assert tidemark(monkeypatch, "show", "article", "shown only", "--json") == 0
    found = json.loads(capsys.readouterr().out)["score"]
    assert (found["impressions"], found["clicks"], found["rate"]) == (40, 6, 0.15)
    assert found["low"] < found["score"] < found["high"]


def test_an_article_that_was_never_shown_has_text_and_no_score(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "show", "article", "4711") == 0
    assert "No score: it was not shown yet" in capsys.readouterr().out
    teach(redis, (0.0, 0.0, 0.0, 0.0))
    redis.delete(article_key("tm", 1, "4711"))
    assert tidemark(monkeypatch, "show", "article", "4711", "--json") == 0
    assert json.loads(capsys.readouterr().out)["score"] is None


def test_an_article_of_another_release_is_said(
    redis: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teach(redis)
    redis.hset(article_key("tm", 1, "4711"), MODEL, b"something else")
    assert tidemark(monkeypatch, "show", "article", "4711") == 2
    assert "is of another release: not articles of 4 half-lives" in capsys.readouterr().err


def test_an_article_that_nobody_described_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "show", "article", "nobody's") == 1
    assert "is unknown" in capsys.readouterr().err
    assert tidemark(monkeypatch, "show", "article", "4711", "--redis", "redis://127.0.0.1:1") == 2
    assert "127.0.0.1:1" in capsys.readouterr().err
