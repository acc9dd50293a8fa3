"""How readers take to terms: the definition, what is found of tastes that are known, and its edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.articles.reader_tastes import (
    STRENGTHS,
    Profile,
    Tastes,
    expected,
    fit,
    match,
    profile,
)
from schemas.article_terms import LEVELS, TERMS, WIDTH, in_levels

KEYWORD = TERMS // LEVELS
SPORT, TRADE, FOX, OWL = 1, 2, KEYWORD, KEYWORD + 1


def terms(*articles: tuple[int, ...]) -> np.ndarray:  # type: ignore[type-arg]
    found = np.zeros((len(articles), LEVELS, WIDTH), dtype=np.uint16)
    for at, rows in enumerate(articles):
        found[at] = in_levels(rows)
    return found


def share(**of: float) -> np.ndarray:  # type: ignore[type-arg]
    found = np.zeros(TERMS)
    for name, value in of.items():
        found[globals()[name.upper()]] = value
    return found


def test_a_match_is_the_smoothed_ratio_of_tags_and_of_keywords_given_these() -> None:
    tastes = Tastes(share(sport=0.25, trade=0.5, fox=0.125, owl=0.1), np.array([4.0, 8.0]))
    reader = profile(terms((SPORT, FOX), (SPORT,), (TRADE, OWL), ()))
    assert (reader.clicks, reader.count[[SPORT, TRADE, FOX, OWL]].tolist()) == (3, [2, 1, 1, 1])
    found = match(tastes, reader, terms((SPORT, FOX, OWL), (), (OWL,)))
    tag = np.log((2 + 4) / (3 * 0.25 + 4))
    fox, owl = (np.log((1 + 8) / (3 * q * np.exp(tag) + 8)) for q in (0.125, 0.1))
    alone = np.log((1 + 8) / (3 * 0.1 + 8))
    np.testing.assert_allclose(found, [[tag, (fox + owl) / np.sqrt(2)], [0, 0], [0, alone]])
    np.testing.assert_allclose(expected(found), np.exp(found).prod(axis=1))


@given(clicks=st.integers(0, 100), strength=st.floats(*STRENGTHS))
def test_who_clicks_as_all_do_or_nothing_takes_to_all_alike(clicks: int, strength: float) -> None:
    tastes = Tastes(share(sport=0.25, fox=0.125), np.full(LEVELS, strength))
    as_all = Profile(clicks, clicks * tastes.share)
    np.testing.assert_allclose(match(tastes, as_all, terms((SPORT, FOX))), 0.0, atol=1e-12)


def drawn(spread: float, readers: int = 4000, n: int = 20) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """n clicks each, on articles of one of twenty tags; ratios to the shares vary by `spread` squared."""
    random = np.random.default_rng(4)
    ratio = random.gamma(1 / spread**2, spread**2, (readers, 20)) if spread else np.ones((readers, 20))
    shares = ratio / ratio.sum(axis=1, keepdims=True)
    tag = np.concatenate([1 + random.choice(20, n, p=of) for of in shares])
    found = np.zeros((len(tag), LEVELS, WIDTH), dtype=np.uint16)
    found[:, 0, 0] = tag
    return found, np.arange(0, len(tag) + 1, n)


def test_the_strength_is_the_inverse_of_the_variance_of_readers_ratios() -> None:
    ratios = np.random.default_rng(5).gamma(4.0, 0.25, (100_000, 20))
    truth = (20 * ratios / ratios.sum(axis=1, keepdims=True)).var()
    assert fit(*drawn(0.5)).strength[0] == pytest.approx(1 / truth, rel=0.1)


def test_readers_who_are_all_alike_have_no_tastes() -> None:
    found = fit(*drawn(0.0))
    assert found.strength[0] > 100
    assert found.strength[1] == STRENGTHS[1], "no keywords"
    np.testing.assert_allclose(found.share[1:21], 0.05, atol=0.005)


@pytest.mark.parametrize("articles", [[], [()], [(), ()]])
def test_of_no_terms_nothing_is_known(articles: list[tuple[int, ...]]) -> None:
    found = fit(terms(*articles), np.array([0, len(articles)]))
    np.testing.assert_array_equal(found.share, 0.0)
    assert match(found, profile(terms(*articles)), terms(*articles)).tolist() == [[0.0, 0.0]] * len(articles)


def test_one_click_says_nothing_of_how_ratios_vary() -> None:
    found = fit(terms((SPORT, FOX)), np.array([0, 1]))
    assert np.isfinite(found.strength).all()
    assert np.isfinite(match(found, profile(terms((SPORT,))), terms((SPORT, OWL)))).all()
