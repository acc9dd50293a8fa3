"""An article's models: reading tells no outcome; neither batches nor shards matter."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.articles.article_models import (
    ArticleModels,
    ArticleSettings,
    Impressions,
    Outcomes,
    Statistics,
    count,
    learn,
    read,
)

SETTINGS = ArticleSettings(dimensions=3, places=6, sketch=8)
HOUR, START = 3_600_000, 1_573_000_000_000


def shown(seed: int, n: int = 20, articles: int = 3) -> tuple[Impressions, Outcomes]:
    random = np.random.default_rng(seed)
    reader = random.normal(size=(n, 3))
    impressions = Impressions(
        random.integers(articles, size=n),
        START + np.sort(random.integers(50 * HOUR, size=n)),
        reader / np.linalg.norm(reader, axis=1, keepdims=True),
        random.integers(0, 3, size=(n, 8)).astype(np.uint8),
        random.normal(0, 0.3, size=(n, 2)),
    )
    return impressions, Outcomes((random.random(n) < 0.3).astype(float), random.uniform(0.05, 1.0, n))


def same(one: ArticleModels, other: ArticleModels, atol: float = 0.0) -> bool:
    pairs = zip(one.arrays(), other.arrays(), strict=True)
    return all(np.allclose(a, b, rtol=1e-7, atol=atol) for a, b in pairs)


def columns(statistics: Statistics) -> np.ndarray:  # type: ignore[type-arg]
    parts = [statistics.by_reader[:, None], statistics.by_list]
    parts += [statistics.departure[:, None], statistics.variance[:, None]]
    parts += [
        np.reshape(getattr(statistics.counts, f.name), (len(parts[0]), -1)) for f in fields(statistics.counts)
    ]
    return np.concatenate(parts, axis=1)


def test_nothing_shown_and_nothing_known_change_nothing() -> None:
    start = learn(ArticleModels.fresh(3, SETTINGS), *shown(1), SETTINGS)
    impressions, outcomes = shown(2, n=0)
    assert same(learn(start, impressions, outcomes, SETTINGS), start)
    assert same(count(start, impressions, SETTINGS), start)


def test_reading_changes_nothing_and_showing_tells_no_outcome() -> None:
    start = learn(ArticleModels.fresh(3, SETTINGS), *shown(1), SETTINGS)
    impressions, _ = shown(2)
    later = read(count(start, impressions, SETTINGS), impressions, SETTINGS)
    before = read(start, impressions, SETTINGS)
    np.testing.assert_array_equal(later.by_reader, before.by_reader)
    np.testing.assert_array_equal(later.departure, before.departure)
    np.testing.assert_array_equal(later.counts.clicks, before.counts.clicks)
    assert (later.counts.shown > before.counts.shown).all()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_articles_apart_are_articles_together(seed: int) -> None:
    impressions, outcomes = shown(seed)
    together = learn(
        count(ArticleModels.fresh(3, SETTINGS), impressions, SETTINGS), impressions, outcomes, SETTINGS
    )
    for a in range(3):
        mine = np.flatnonzero(impressions.article == a)
        own = replace(impressions.of(mine), article=np.zeros(len(mine), dtype=int))
        alone = count(ArticleModels.fresh(1, SETTINGS), own, SETTINGS)
        alone = learn(alone, own, Outcomes(outcomes.clicked[mine], outcomes.chance[mine]), SETTINGS)
        assert same(
            ArticleModels.of_arrays([array[a : a + 1] for array in together.arrays()]), alone, atol=1e-9
        )


@given(seed=st.integers(0, 10**6), cut=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_where_a_batch_ends_changes_no_sum_and_no_memory_and_the_models_little(seed: int, cut: int) -> None:
    impressions, outcomes = shown(seed)
    fresh = ArticleModels.fresh(3, SETTINGS)
    whole = learn(fresh, impressions, outcomes, SETTINGS)
    parts = fresh
    for rows in (slice(0, cut), slice(cut, 20)):
        known = Outcomes(outcomes.clicked[rows], outcomes.chance[rows])
        parts = learn(parts, impressions.of(rows), known, SETTINGS)
    np.testing.assert_allclose(whole.rates.clicks, parts.rates.clicks, atol=1e-9)
    np.testing.assert_allclose(whole.memory.residual, parts.memory.residual)
    np.testing.assert_array_equal(whole.memory.learnt, parts.memory.learnt)
    assert np.abs(whole.posteriors.mean - parts.posteriors.mean).max() < 0.25


def test_arrays_make_the_models_again() -> None:
    models = learn(ArticleModels.fresh(3, SETTINGS), *shown(1), SETTINGS)
    assert same(ArticleModels.of_arrays(models.arrays()), models)


def test_a_list_without_clicks_says_next_to_nothing_of_an_article() -> None:
    impressions, _ = shown(4)
    start = learn(ArticleModels.fresh(3, SETTINGS), *shown(1), SETTINGS)
    after = learn(start, impressions, Outcomes(np.zeros(20), np.zeros(20)), SETTINGS)
    assert np.abs(after.posteriors.mean - start.posteriors.mean).max() < 0.01
    assert (after.rates.labelled > start.rates.labelled).all()


def test_an_article_that_is_clicked_more_than_by_chance_departs_upwards() -> None:
    impressions, outcomes = shown(3, n=60, articles=1)
    for clicked, sign in ((1.0, 1), (0.0, -1)):
        told = Outcomes(np.full(60, clicked), np.full(60, 0.3))
        found = read(
            learn(ArticleModels.fresh(1, SETTINGS), impressions, told, SETTINGS), impressions, SETTINGS
        )
        assert (sign * found.departure > 0).all()
        fresh = read(ArticleModels.fresh(1, SETTINGS), impressions, SETTINGS)
        assert (found.variance < fresh.variance).all()
    assert np.isfinite(columns(found)).all()
    assert outcomes.chance.max() <= 1.0
