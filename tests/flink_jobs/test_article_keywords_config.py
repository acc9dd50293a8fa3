"""Settings of the job `article_keywords`: what is refused, and what evaluations share with it."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from flink_jobs.article_keywords_config import ArticleKeywordsConfig
from operators.keywords.article_tables import DescribeSettings
from tidemark.article_checks import check_article_keywords
from tidemark.errors import UserError


def test_by_default_the_job_goes_by_the_settings_that_evaluations_go_by() -> None:
    assert ArticleKeywordsConfig().settings == DescribeSettings()


def test_variables_change_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_KEYWORDS_HALF_LIFE", "2 h")
    monkeypatch.setenv("TIDEMARK_KEYWORDS_MOST", "3")
    settings = ArticleKeywordsConfig().settings
    assert (settings.half_life_ms, settings.most) == (7_200_000, 3)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"span": timedelta(minutes=1)}, "between 10 ms and 10 s"),
        ({"half_life": timedelta(minutes=1)}, "under an hour"),
        ({"features_topic": "it's"}, "features_topic"),
        ({"threshold": 1}, "threshold"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ArticleKeywordsConfig(**changed)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TIDEMARK_UNTIL_NOW", "true", "without --until-now"),
        ("TIDEMARK_REGISTRY", "http://registry", "leave TIDEMARK_REGISTRY empty"),
        ("TIDEMARK_KEYWORDS_MOSTLY", "3", "no setting 'mostly'"),
        ("TIDEMARK_KEYWORDS_SPAN", "1 h", "between 10 ms and 10 s"),
    ],
)
def test_before_it_is_submitted_a_mistake_is_one_line(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UserError, match=said):
        check_article_keywords()
