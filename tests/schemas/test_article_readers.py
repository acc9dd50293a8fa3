"""Readers in Redis: recent articles and the dimensions that place them, round trips and refusals."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.article_readers import ReaderAxes, RecentArticles, readers_key, recent_key
from schemas.article_terms import LEVELS, TERMS, WIDTH


@given(st.integers(0, 2**53), st.integers(0, 2**53), st.lists(st.text(max_size=9), max_size=5))
def test_recent_articles_come_back_as_they_went(at_ms: int, since_ms: int, articles: list[str]) -> None:
    recent = RecentArticles(at_ms, since_ms, tuple(articles))
    assert RecentArticles.from_json(recent.to_json()) == recent


def test_the_redis_functions_find_the_times_that_they_compare() -> None:
    said = json.loads(RecentArticles(9, 5, ("a",)).to_json())
    assert (said["at_ms"], said["since_ms"]) == (9, 5)


@pytest.mark.parametrize(
    ("text", "reason"), [("{}", "not a visitor's"), ("[]", "not a visitor's"), ("no JSON", "Expecting")]
)
def test_what_is_no_list_of_recent_articles_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RecentArticles.from_json(text)


@given(st.integers(0, 5), st.integers(1, 4), st.randoms(use_true_random=False))
def test_axes_come_back_as_they_went(B: int, D: int, dice: object) -> None:
    random = np.random.default_rng(dice.getrandbits(32))  # type: ignore[attr-defined]
    bucket = np.sort(random.choice(65_536, B, replace=False)).astype(np.uint32)
    idf, axes, centre = (random.normal(size=shape).astype(np.float32) for shape in (B, (B, D), D))
    terms = random.integers(TERMS, size=(B, LEVELS, WIDTH)).astype(np.uint16)
    share, strength = (random.random(n).astype(np.float32) for n in (TERMS, LEVELS))
    given_axes = ReaderAxes(8, 3, 65_536, bucket, idf, axes, centre, terms, share, strength)
    back = ReaderAxes.from_fields(given_axes.fields())
    assert back is not None
    for name, was in vars(given_axes).items():
        np.testing.assert_array_equal(getattr(back, name), was)
    before = {k: v for k, v in given_axes.fields().items() if k not in {b"terms", b"share", b"strength"}}
    old = ReaderAxes.from_fields(before)
    assert old is not None
    assert old.terms.shape == terms.shape
    assert not old.terms.any()
    assert not old.share.any()
    np.testing.assert_array_equal(old.axes, axes)


def test_where_nothing_stands_there_are_no_axes() -> None:
    assert ReaderAxes.from_fields({}) is None
    with pytest.raises(ValueError, match="not the dimensions of readers"):
        ReaderAxes.from_fields({b"bucket": b""})


def test_a_visitors_key_has_the_visitors_hash_tag() -> None:
    assert recent_key("tm", 1, "ann") == "tm:{ann}:articles:1"
    assert readers_key("tm", 1) == "tm:{article-scores:1}:readers"
