"""Scores, rankings and metrics in Redis: round trips, refusals, keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.article_rankings import (
    ArticleScore,
    Prequential,
    Ranked,
    ShopRanking,
    metrics_key,
    ranking_key,
    score_key,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
whole = st.integers(0, 2**53)
ranked = st.builds(Ranked, st.text(max_size=9), numbers, numbers, numbers)


@given(st.builds(ArticleScore, st.text(max_size=9), whole, whole, *[numbers] * 6))
def test_a_score_comes_back_as_it_went(score: ArticleScore) -> None:
    assert ArticleScore.from_json(score.to_json()) == score
    assert json.loads(score.to_json())["at_ms"] == score.at_ms, "`publish` compares it"


@given(st.dictionaries(st.text(max_size=9), st.lists(ranked, max_size=3).map(tuple)), whole, whole)
def test_rankings_come_back_as_they_went(
    segments: dict[str, tuple[Ranked, ...]], at_ms: int, absorbed: int
) -> None:
    ranking = ShopRanking("店", at_ms, absorbed, segments)
    assert ShopRanking.from_fields("店", ranking.fields()) == ranking


def test_where_nothing_stands_there_is_no_ranking() -> None:
    assert ShopRanking.from_fields("one", {}) is None


@given(st.builds(Prequential, whole, *[numbers] * 6))
def test_metrics_come_back_as_they_went(metrics: Prequential) -> None:
    assert Prequential.from_json(metrics.to_json()) == metrics


@pytest.mark.parametrize(
    ("text", "reason"), [("{}", "no ArticleScore"), ("[1]", "no ArticleScore"), ("no JSON", "Expecting")]
)
def test_what_is_no_score_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ArticleScore.from_json(text)


def test_keys_name_what_they_hold() -> None:
    assert score_key("tm", 1, "N1") == "tm:{article:N1}:score:1"
    assert ranking_key("tm", 1, "") == "tm:{shop:}:ranking:1"
    assert metrics_key("tm", 1) == "tm:{article-scores:1}:metrics"
