"""Rows of tags and keywords: levels that never mix, and what there is room for."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.article_terms import LEVELS, TERMS, WIDTH, in_levels, keyword_row, tag_row


@given(st.text())
def test_tags_and_keywords_have_rows_of_their_own_and_none_is_zero(name: str) -> None:
    assert 1 <= tag_row(name) < TERMS // LEVELS <= keyword_row(name) < TERMS


@given(st.lists(st.text(), max_size=7), st.lists(st.text(), max_size=7))
def test_an_article_keeps_the_first_of_each_level(tags: list[str], keywords: list[str]) -> None:
    rows = [tag_row(tag) for tag in tags], [keyword_row(keyword) for keyword in keywords]
    found = in_levels([*rows[1], *rows[0]])
    for level, expected in enumerate(rows):
        assert found[level].tolist() == (expected + WIDTH * [0])[:WIDTH]
