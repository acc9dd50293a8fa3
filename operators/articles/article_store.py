"""Articles' bytes in keyed state <-> the arrays of all articles of a batch."""

from collections.abc import Sequence

import numpy as np

from operators.maths.arrays import Ints
from operators.maths.articles.article_models import ArticleModels, ArticleSettings
from state.article_state import ArticleState


def load(blobs: Sequence[bytes | None], settings: ArticleSettings) -> ArticleModels:
    """Models of the articles in the order of their bytes; None is an article never met.

    ValueError: bytes of other half-lives, dimensions or sketches than the settings': a rebuild is due.
    """
    fresh = ArticleModels.fresh(len(blobs), settings)
    models = ArticleModels.of_arrays([array.copy() for array in fresh.arrays()])
    for article, blob in enumerate(blobs):
        if blob is not None:
            _fill(models, article, ArticleState.from_bytes(blob))
    return models


def stored(models: ArticleModels) -> list[bytes]:
    """The bytes of each article."""
    return [_state(models, article).to_bytes() for article in range(len(models.memory.learnt))]


def _fill(models: ArticleModels, article: int, state: ArticleState) -> None:
    rates, memory = models.rates, models.memory
    sums = rates.shown, rates.clicks, rates.chances, rates.labelled
    kept = (len(sums), rates.shown.shape[1]), models.posteriors.mean.shape[1], memory.slate.shape[2]
    if kept != (state.sums.shape, len(state.mean), state.slate.shape[1]):
        raise ValueError(
            "an article's state was written with other half-lives, dimensions or sketches: rebuild"
        )
    for of, row in zip(sums, state.sums, strict=True):
        of[article] = row
    rates.first_ms[article] = state.first_ms
    models.posteriors.mean[article] = state.mean
    models.posteriors.precision[article] = state.precision
    memory.learnt[article] = state.learnt
    rows = slice(max(len(state.chance) - memory.chance.shape[1], 0), None)
    where = _ring(state.learnt, len(state.chance), memory.chance.shape[1])
    memory.reader[article, where] = state.reader[rows]
    memory.slate[article, where] = state.slate[rows]
    memory.residual[article, where] = state.residual[rows]
    memory.chance[article, where] = state.chance[rows]


def _state(models: ArticleModels, article: int) -> ArticleState:
    rates, memory = models.rates, models.memory
    learnt, places = int(memory.learnt[article]), memory.chance.shape[1]
    oldest_first = _ring(learnt, min(learnt, places), places)
    return ArticleState(
        np.stack([of[article] for of in (rates.shown, rates.clicks, rates.chances, rates.labelled)]),
        models.posteriors.mean[article],
        models.posteriors.precision[article],
        memory.reader[article, oldest_first].astype(np.float32),
        memory.slate[article, oldest_first],
        memory.residual[article, oldest_first].astype(np.float32),
        memory.chance[article, oldest_first].astype(np.float32),
        learnt,
        int(rates.first_ms[article]),
    )


def _ring(learnt: int, remembered: int, places: int) -> Ints:
    """Where the last of `remembered` impressions lie among the places, oldest first."""
    return np.arange(learnt - min(remembered, places), learnt) % places
