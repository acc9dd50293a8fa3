"""Articles in bytes are the articles in arrays, wherever their rings have come to."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.articles.article_store import load, stored
from operators.maths.articles.article_models import ArticleModels, count, learn
from state.article_state import ArticleState
from tests.operators.maths.articles.test_article_models import SETTINGS, shown


def learnt(seed: int, n: int) -> ArticleModels:
    impressions, outcomes = shown(seed, n)
    return learn(
        count(ArticleModels.fresh(3, SETTINGS), impressions, SETTINGS), impressions, outcomes, SETTINGS
    )


@given(seed=st.integers(0, 10**6), n=st.integers(0, 60))
@settings(max_examples=25, deadline=None)
def test_models_come_back_as_they_went(seed: int, n: int) -> None:
    models = learnt(seed, n)
    for before, after in zip(models.arrays(), load(stored(models), SETTINGS).arrays(), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-12)


def test_an_article_never_met_is_fresh() -> None:
    for before, after in zip(
        ArticleModels.fresh(2, SETTINGS).arrays(), load([None, None], SETTINGS).arrays(), strict=True
    ):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("places", [3, 6, 40])
def test_a_ring_of_another_size_keeps_the_latest_and_goes_on(places: int) -> None:
    other, models = replace(SETTINGS, places=places), learnt(4, 30)
    impressions, outcomes = shown(5, 10)
    moved = stored(load(stored(models), other))
    for before, after in zip(stored(models), moved, strict=True):
        old, new = ArticleState.from_bytes(before), ArticleState.from_bytes(after)
        kept = min(places, len(old.chance))
        np.testing.assert_array_equal(new.residual[-kept:], old.residual[-kept:])
        np.testing.assert_array_equal(new.slate[-kept:], old.slate[-kept:])
        assert not new.chance[:-kept].any()  # a ring that has grown has empty places: no evidence
    grown = learn(load(moved, other), impressions, outcomes, other)
    for article, (before, after) in enumerate(zip(moved, stored(grown), strict=True)):
        old, new = ArticleState.from_bytes(before), ArticleState.from_bytes(after)
        mine = (outcomes.clicked - outcomes.chance)[impressions.article == article].astype(np.float32)
        expected = np.concatenate([old.residual, mine])[-places:]
        np.testing.assert_array_equal(new.residual[-len(expected) :], expected)
        assert not new.chance[: -len(expected)].any()


def test_state_of_other_settings_asks_for_a_rebuild() -> None:
    with pytest.raises(ValueError, match="rebuild"):
        load(stored(learnt(1, 5)), replace(SETTINGS, dimensions=4))
