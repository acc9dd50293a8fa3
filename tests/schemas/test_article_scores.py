"""What Redis holds for scoring articles: round trips, refusals, bytes that stay readable."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from schemas.article_scores import ServedArticles, SharedModel, article_key, shared_key
from schemas.article_terms import LEVELS, WIDTH

GOLDEN = Path(__file__).parent / "golden"
D, H = 3, 2
single = st.floats(-(2**90), 2**90, width=32)
times = st.integers(0, 2**62)


@st.composite
def served(draw: st.DrawFn) -> ServedArticles:
    """Up to four articles, of numbers that four bytes hold."""
    A = draw(st.integers(0, 4))

    def whole() -> np.ndarray:  # type: ignore[type-arg]
        return draw(arrays(np.int64, A, elements=times))

    def numbers(*shape: int) -> np.ndarray:  # type: ignore[type-arg]
        return draw(arrays(np.float64, (A, *shape), elements=single))

    return ServedArticles(
        whole(),
        whole(),
        whole(),
        numbers(4, H),
        numbers(D + 1),
        np.tril(numbers(D + 1, D + 1)),
        draw(arrays(np.uint16, (A, LEVELS, WIDTH))),
    )


@given(served())
def test_articles_come_back_as_they_went(articles: ServedArticles) -> None:
    back = ServedArticles.unpack(articles.pack(), H, D)
    for field in fields(articles):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(articles, field.name))


@given(served())
def test_articles_are_packed_one_by_one(articles: ServedArticles) -> None:
    for index, packed in enumerate(articles.pack()):
        [name] = ServedArticles.unpack([packed], H, D).first_ms
        assert name == articles.first_ms[index]


def test_bytes_from_before_there_were_terms_are_read_for_ever() -> None:
    stored = bytes.fromhex((GOLDEN / "served_article.v1.hex").read_text())
    [found] = ONE.pack()
    assert found[: len(stored)] == stored
    back = ServedArticles.unpack([stored, found], 1, 1)
    assert back.root.tolist() == [[[1.0, 0.0], [0.5, 2.0]]] * 2
    assert back.terms.tolist() == [[[0] * WIDTH] * LEVELS, ONE.terms[0].tolist()], "there were none before"


def test_articles_of_other_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="not articles of 1 half-lives and 3 dimensions"):
        ServedArticles.unpack(ONE.pack(), 1, 3)


@pytest.mark.parametrize("name", ["sums", "mean", "root"])
def test_an_article_that_is_not_finite_is_not_served(name: str) -> None:
    spoilt = np.full_like(getattr(ONE, name), np.inf)
    with pytest.raises(ValueError, match=f"{name} of an article holds NaN or infinity"):
        replace(ONE, **{name: spoilt}).pack()


@given(
    mean=arrays(np.float64, 3, elements=st.floats(-1e9, 1e9)),
    covariance=arrays(np.float64, (3, 3), elements=st.floats(-1e9, 1e9)),
    half_lives_ms=st.lists(st.floats(1, 1e12) | st.just(float("inf")), min_size=1, max_size=4),
    at_ms=times,
)
def test_the_shared_model_comes_back_as_it_went(
    mean: np.ndarray,  # type: ignore[type-arg]
    covariance: np.ndarray,  # type: ignore[type-arg]
    half_lives_ms: list[float],
    at_ms: int,
) -> None:
    model = SharedModel(at_ms, 7, mean, covariance, 0.04, tuple(half_lives_ms), 16, 0.5)
    back = SharedModel.from_fields(model.fields())
    assert back is not None
    np.testing.assert_array_equal(back.mean, mean)
    np.testing.assert_array_equal(back.covariance, covariance)
    assert (back.at_ms, back.absorbed, back.mean_chance) == (at_ms, 7, 0.04)
    assert (back.half_lives_ms, back.dimensions, back.variance) == (tuple(half_lives_ms), 16, 0.5)


def test_where_nothing_stands_there_is_no_shared_model() -> None:
    assert SharedModel.from_fields({}) is None
    with pytest.raises(ValueError, match="not a shared click model"):
        SharedModel.from_fields({b"mean": b""})


def test_a_shared_model_that_is_not_finite_is_not_served() -> None:
    model = SharedModel(1, 1, np.array([np.nan]), np.ones((1, 1)), 0.1, (1.0,), 1, 0.5)
    with pytest.raises(ValueError, match="holds NaN or infinity"):
        model.fields()


def test_keys_name_what_they_hold() -> None:
    assert article_key("tm", 1, "N1") == "tm:{article:N1}:model:1"
    assert shared_key("tm", 1) == "tm:{article-scores:1}:shared"


ONE = ServedArticles(
    np.array([1_511_658_000_000]),
    np.array([9]),
    np.array([1_511_657_000_000]),
    np.array([[[7.5], [2.0], [1.25], [2.0]]]),
    np.array([[-0.5, 0.25]]),
    np.array([[[1.0, 0.0], [0.5, 2.0]]]),
    np.arange(8, dtype=np.uint16).reshape(1, LEVELS, WIDTH),
)
"""One article, at one half-life, for readers of one dimension."""
