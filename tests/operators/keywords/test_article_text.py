"""Texts of any kind become words, candidates and features; none of them is an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.keywords.article_text import MOST_WORDS, normalised, words
from operators.keywords.candidate_phrases import MOST_CANDIDATES, candidates
from operators.keywords.read_articles import read_article
from operators.keywords.text_features import ROWS, features


def found(text: str) -> list[str]:
    return [candidate.text for candidate in candidates(words(text))]


def test_chinese_is_segmented_and_particles_begin_nothing() -> None:
    assert found("北京的女子图鉴") == ["北京", "北京的女子", "女子", "女子图鉴", "图鉴"]


def test_english_words_keep_their_apostrophes_and_stop_words_begin_nothing() -> None:
    assert found("The driver's new e-bike and the rain") == [
        "driver's",
        "driver's new",
        "driver's new e-bike",
        "new",
        "new e-bike",
        "e-bike",
        "rain",
    ]


def test_scripts_may_be_mixed_and_a_space_beside_chinese_ends_a_phrase() -> None:
    assert "iphone价格" in found("ｉＰｈｏｎｅ价格 上涨")
    assert not [phrase for phrase in found("北京女子 上海男子") if " " in phrase]


@pytest.mark.parametrize("text", ["", " \n ", "😀👍🏽🎉", "…!?", "\u200b", "的 了 着"])
def test_texts_without_words_that_say_something_have_no_candidates(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["привет мир", "東京タワー", "สวัสดีชาวโลก", "العربية لغة", "हिन्दी भाषा", "한국어 뉴스"]
)
def test_other_scripts_have_words(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text", ["x" * 10**6, "tea and cake, " * 10**5, "北京女子图鉴" * 10**5, "字" * 10**6]
)
def test_texts_of_any_length_stay_bounded(text: str) -> None:
    read = words(text)
    assert len(read) <= MOST_WORDS
    assert len(candidates(read)) <= MOST_CANDIDATES


@given(title=st.text(max_size=60), text=st.text(max_size=60))
def test_whatever_unicode_there_is_it_can_be_read(title: str, text: str) -> None:
    read = read_article("a", title, text, ["keyword:x", "no colon", "industry:beauty", ":", "k:"], 1, 1)
    assert len(read.phrases) == len(read.terms) == len(read.rank) == len(read.kinds)
    assert all(0 <= row < ROWS for row in read.rows)
    assert (read.keywords, read.tags) == (["x"], [("industry", "beauty")])


def test_a_candidate_knows_where_it_stands_and_how_often() -> None:
    tea = next(c for c in candidates(words("hot tea, cold tea")) if c.text == "tea")
    assert (tea.first, tea.times, tea.words) == (1, 2, ("tea",))


def test_what_editors_write_is_compared_as_it_is_read() -> None:
    assert normalised("  ＩＣ  Phone ") == "ic phone"


def test_features_are_words_characters_and_pairs_of_them() -> None:
    assert len(features(words("北京"))) == 4  # the word, two characters, their pair
    assert set(features(words("tea"))) < set(features(words("tea time")))
    assert features(words("😀")) == []
