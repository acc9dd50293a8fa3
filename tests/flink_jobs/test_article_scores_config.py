"""Settings of the job `article_scores`: what is refused, and what evaluations share with it."""

from typing import Any

import pytest
from pydantic import ValidationError

from flink_jobs.article_scores_config import ArticleScoresConfig
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_model import SERVED_SETTINGS, SharedSettings
from tidemark.article_checks import check_article_scores
from tidemark.errors import UserError
from tidemark.evaluate.arrivals import LABEL_DELAY_MS, READERS


def test_by_default_the_job_goes_by_the_settings_that_evaluations_go_by() -> None:
    config = ArticleScoresConfig()
    assert config.articles == ArticleSettings()
    assert (config.scores.full, config.scores.served) == (SharedSettings(), SERVED_SETTINGS)
    assert config.readers == READERS
    assert config.window_ms == LABEL_DELAY_MS


def test_variables_change_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_SCORES_ATTRIBUTION_WINDOW", "30 min")
    monkeypatch.setenv("TIDEMARK_SCORES_REFIT_APART", "10 min")
    config = ArticleScoresConfig()
    assert (config.window_ms, config.readers.apart_ms) == (1_800_000, 600_000)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"list_wait": "5 min"}, "not below the window"),
        ({"out_of_order": "1 h"}, "out_of_order"),
        ({"batch_span": "0 s"}, "not above zero"),
        ({"shards": 0}, "shards"),
        ({"refit_on": 10}, "refit_on"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ArticleScoresConfig(**changed)


def test_a_bounded_run_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_UNTIL_NOW", "true")
    with pytest.raises(UserError, match="tidemark stop article_scores"):
        check_article_scores()


def test_feedback_has_an_event_time_and_erasures_hold_nobody_back() -> None:
    config = ArticleScoresConfig(out_of_order="90 s", idle="3 s")
    feedback, erasures = config.feedback("group"), config.erasures("group")
    assert feedback.options()["scan.watermark.idle-timeout"] == "3000 ms"
    assert feedback.out_of_order.total_seconds() == 90
    assert erasures.start == "earliest"
    assert erasures.happened.isdecimal()
    assert erasures.out_of_order.total_seconds() == 0
    assert ArticleScoresConfig(idle="1 h").erasures("group").idle.total_seconds() == 1
