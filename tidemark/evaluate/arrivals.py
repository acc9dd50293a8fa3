"""Recorded lists pass by as the job meets them: read, counted, learnt from once their clicks are known."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
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
from operators.maths.articles.click_rates import Counts
from operators.maths.articles.reader_dimensions import Dimensions, Histories, ReaderSettings, place, refit
from schemas.article_terms import LEVELS
from tidemark.evaluate.shown_lists import ShownLists

READERS = ReaderSettings()
LABEL_DELAY_MS = 300_000
"""Clicks are learnt so long after their list was shown: the attribution window."""


class Models:
    """The article models of the whole evaluation, touched ones taken out and put back, as keyed state is."""

    def __init__(self, articles: int, settings: ArticleSettings) -> None:
        self._arrays = [array.copy() for array in ArticleModels.fresh(articles, settings).arrays()]

    def take(self, touched: Ints) -> ArticleModels:
        return ArticleModels.of_arrays([array[touched] for array in self._arrays])

    def put(self, touched: Ints, models: ArticleModels) -> None:
        for kept, new in zip(self._arrays, models.arrays(), strict=True):
            kept[touched] = new


def arrival_statistics(
    lists: ShownLists, settings: ArticleSettings, delay_ms: int, tick: Callable[[], object]
) -> tuple[Statistics, Floats, Ints]:
    """What every impression read as it arrived; (n,) everybody's mean chance then; (lists,) how many lists
    had been learnt by then. `tick` is called once a list.
    """
    models, dimensions = (
        Models(lists.articles, settings),
        Dimensions.unknown(READERS.buckets, settings.dimensions),
    )
    readers = np.zeros((len(lists.at_ms), settings.dimensions))
    known = np.searchsorted(lists.at_ms, lists.at_ms - delay_ms, side="right")
    found, learnt, fitted, fitted_ms = [], 0, 0, 0
    for start, end in moments(lists.at_ms):
        if known[start] > learnt:
            _learn(models, lists, readers, slice(learnt, int(known[start])), settings)
            learnt = int(known[start])
        now_ms = int(lists.at_ms[start])
        if READERS.is_due(start, fitted, now_ms - fitted_ms):
            latest = _histories(lists, max(start - READERS.refit_on, 0), start)
            dimensions, fitted, fitted_ms = refit(dimensions, latest), start, now_ms
        readers[start:end] = place(dimensions, _histories(lists, start, end))
        shown = impressions(lists, readers, start, end)
        touched, shown = _touched(shown)
        taken = models.take(touched)
        found.append(read(taken, shown, settings))
        models.put(touched, count(taken, shown, settings))
        for _ in range(start, end):
            tick()
    chances = np.concatenate([[0.0], np.cumsum(lists.chance)])[lists.first[known]]
    mean_chance = (chances + 1) / (lists.first[known] + 20)
    return _joined(found), np.repeat(mean_chance, lists.length), known


def moments(at_ms: Ints) -> Iterator[tuple[int, int]]:
    """Where lists of one timestamp begin and end: none of them learns from another."""
    bounds = np.flatnonzero(np.r_[True, np.diff(at_ms) > 0, True])
    yield from zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)


def impressions(lists: ShownLists, readers: Floats, start: int, end: int) -> Impressions:
    rows, of = (
        slice(lists.first[start], lists.first[end]),
        np.repeat(np.arange(start, end), lists.length[start:end]),
    )
    tastes = np.zeros((len(of), LEVELS))  # recorded articles have no terms
    return Impressions(lists.article[rows], lists.at_ms[of], readers[of], lists.slate[of], tastes)


def _learn(
    models: Models, lists: ShownLists, readers: Floats, which: slice, settings: ArticleSettings
) -> None:
    touched, shown = _touched(impressions(lists, readers, which.start, which.stop))
    rows = slice(lists.first[which.start], lists.first[which.stop])
    outcomes = Outcomes(lists.clicked[rows], lists.chance[rows])
    models.put(touched, learn(models.take(touched), shown, outcomes, settings))


def _touched(shown: Impressions) -> tuple[Ints, Impressions]:
    """The articles of the impressions, and the impressions with indices among these."""
    touched, article = np.unique(shown.article, return_inverse=True)
    return touched, replace(shown, article=article)


def _histories(lists: ShownLists, start: int, end: int) -> Histories:
    first = lists.histories.first[start : end + 1]
    return Histories(lists.histories.article[first[0] : first[-1]], first - first[0])


def _joined(found: list[Statistics]) -> Statistics:
    def joined(parts: list[np.ndarray]) -> np.ndarray:  # type: ignore[type-arg]
        return np.concatenate(parts)

    counts = [joined([getattr(part.counts, field.name) for part in found]) for field in fields(Counts)]
    rest = [joined([getattr(part, field.name) for part in found]) for field in fields(Statistics)[1:]]
    return Statistics(Counts(*counts), *rest)
