"""Articles in state and at hand are the articles that learnt at once, wherever their rings have come to."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.articles import article_store
from operators.articles.article_store import ArticleStore
from operators.maths.articles.article_memory import Memory
from operators.maths.articles.article_models import (
    ArticleModels,
    ArticleSettings,
    Impressions,
    Outcomes,
    count,
    learn,
)
from tests.operators.keyed_state import Entries
from tests.operators.maths.articles.test_article_models import SETTINGS, shown

NAMES = ["a", "新闻", "0 a"]
RETENTION_MS = 1000


class Kept:
    """Keyed state, and a store over it as a task makes one when it starts."""

    def __init__(self, of: ArticleSettings = SETTINGS) -> None:
        self.articles, self.memories, self._of = Entries(), Entries(), of
        self.start()

    def start(self) -> None:
        self.store = ArticleStore(self.articles, self.memories, self._of, RETENTION_MS)

    def learn(self, impressions: Impressions, outcomes: Outcomes, now_ms: int = 0) -> None:
        models, at_ms, absorbed = self.store.take(NAMES, now_ms)
        room = Memory.fresh(len(NAMES), len(impressions.article), self._of.dimensions, self._of.sketch)
        counted = replace(count(models, impressions, self._of), memory=room)
        new = learn(counted, impressions, outcomes, self._of)
        self.store.put(NAMES, new, at_ms + 1, absorbed + 2, now_ms)


def at_once(*batches: tuple[Impressions, Outcomes], of: ArticleSettings = SETTINGS) -> ArticleModels:
    models = ArticleModels.fresh(len(NAMES), of)
    for impressions, outcomes in batches:
        models = learn(count(models, impressions, of), impressions, outcomes, of)
    return models


def same(one: ArticleModels, other: ArticleModels) -> None:
    for before, after in zip(one.arrays(), other.arrays(), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-12, atol=1e-12)


@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(0, 60), max_size=4),
    places=st.sampled_from([3, 8, 20]),
)
@settings(max_examples=25, deadline=None)
def test_a_store_is_what_its_articles_have_learnt(seed: int, sizes: list[int], places: int) -> None:
    of = replace(SETTINGS, places=places)
    batches = [shown(seed + at, n) for at, n in enumerate(sizes)]
    kept = Kept(of)
    for batch in batches:
        kept.learn(*batch)
    at_hand = kept.store.take(NAMES, 0)[0]
    same(at_once(*batches, of=of), at_hand)
    kept.start()
    models, at_ms, absorbed = kept.store.take(NAMES[::-1], 0)
    for before, after in zip(at_hand.arrays(), models.arrays(), strict=True):
        np.testing.assert_array_equal(after[::-1], before, "state is not what was at hand")
    assert at_ms.tolist() == [len(sizes)] * len(NAMES)
    assert absorbed.tolist() == [2 * len(sizes)] * len(NAMES)


def test_what_is_learnt_writes_its_part_of_the_ring_alone() -> None:
    kept = Kept(replace(SETTINGS, places=64))
    kept.learn(*shown(1, 60))
    before = dict(kept.memories.items())
    impressions, outcomes = shown(2, 1)
    kept.learn(impressions, outcomes)
    changed = [key for key, packed in kept.memories.items() if before.get(key) != packed]
    assert len(changed) == 1
    assert changed[0].endswith(f" {NAMES[impressions.article[0]]}")


def test_more_articles_than_there_is_room_for_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_store, "AT_HAND", 4)
    kept = Kept()
    kept.learn(*shown(3))
    for others in (["x", "y"], list("pqrstuv")):
        models, _, absorbed = kept.store.take(others, 0)
        same(ArticleModels.fresh(len(others), SETTINGS), models)
        assert not absorbed.any()
        same(at_once(shown(3)), kept.store.take(NAMES, 0)[0])


@pytest.mark.parametrize("cleaned_up", [True, False])
def test_an_article_that_was_shown_no_more_for_too_long_is_fresh(cleaned_up: bool) -> None:
    kept = Kept()
    kept.learn(*shown(4))
    same(at_once(shown(4)), kept.store.take(NAMES, RETENTION_MS - 1)[0])
    if cleaned_up:
        lost: Any = kept.store
        lost._articles, lost._memories = Entries(), Entries()
    models, _, absorbed = kept.store.take(NAMES, RETENTION_MS)
    same(ArticleModels.fresh(len(NAMES), SETTINGS), models)
    assert not absorbed.any()


def test_impressions_that_state_has_let_go_are_no_evidence() -> None:
    kept = Kept()
    kept.learn(*shown(5))
    kept.memories = Entries()
    kept.start()
    models, expected = kept.store.take(NAMES, 0)[0], at_once(shown(5))
    assert not models.memory.chance.any()
    np.testing.assert_array_equal(models.posteriors.mean, expected.posteriors.mean)


@pytest.mark.parametrize("other", [{"dimensions": 4}, {"half_lives_ms": (1.0,)}, {"sketch": 16}])
def test_state_of_other_settings_asks_for_a_rebuild(other: dict[str, Any]) -> None:
    kept = Kept()
    kept.learn(*shown(6))
    with pytest.raises(ValueError, match="rebuild"):
        ArticleStore(kept.articles, kept.memories, replace(SETTINGS, **other), 1).take(NAMES, 0)
