"""Visitors' own preferences through the year: predicted, then learned from, a day at a time."""

from collections.abc import Callable, Sequence

import numpy as np

from operators.maths.segment_scores import Floats, Ints
from tidemark.evaluate.baskets import DAY_MS, Baskets
from tidemark.evaluate.predictors import Predictor
from tidemark.evaluate.ranking import ranking_sums
from tidemark.evaluate.segment_history import SegmentHistory
from tidemark.evaluate.shops import Span
from tidemark.evaluate.visit_stream import Day, VisitStream

LONG_MS, RECENT_MS = 90 * DAY_MS, 7 * DAY_MS
"""The job's horizons of which something is left at a shopper's next visit."""

FIRST_DAY = 8  # before, next to nothing is known of anybody
UNSEEN = 0.01  # purchases of a category that nobody has bought yet


class Score:
    """What one predictor reached: bits per purchase over everybody's distribution, and ranking."""

    def __init__(self) -> None:
        self._bits = self._frozen = self._purchases = 0.0
        self._ranking = np.zeros(3)

    def add(self, counts: Floats, p: Floats, everybody: Floats) -> None:
        self._bits += float((counts * np.log2(p / everybody)).sum())
        self._purchases += float(counts.sum())

    def add_frozen(self, counts: Floats, p: Floats, everybody: Floats) -> None:
        self._frozen += float((counts * np.log2(p / everybody)).sum())

    def add_ranking(self, p: Floats, bought: Floats) -> None:
        self._ranking += ranking_sums(p, bought)

    @property
    def bits(self) -> float:
        return self._bits / self._purchases

    @property
    def frozen(self) -> float:
        return self._frozen / self._purchases

    @property
    def recall(self) -> float:
        return float(self._ranking[0] / self._ranking[2])

    @property
    def ndcg(self) -> float:
        return float(self._ranking[1] / self._ranking[2])


class Preferences:
    """The stream at several horizons, and what several predictors make of it.

    history : of as many shops as there are predictors; None: everybody is of one segment.
    """

    def __init__(
        self,
        baskets: Baskets,
        predictors: Sequence[Predictor],
        streams: Sequence[VisitStream],
        history: SegmentHistory | None = None,
    ) -> None:
        self._baskets, self._predictors, self._streams, self._history = baskets, predictors, streams, history
        self._bought = np.zeros(len(baskets.names))

    def run(self, span: Span, ranking: bool, tick: Callable[[], object]) -> list[Score]:
        """Each day is predicted before anything learns from it. `ranking`: baskets are ranked too."""
        scores = [Score() for _ in self._predictors]
        frozen: list[tuple[Floats, Floats]] | None = None
        latest_ms = 0
        for days in zip(*(stream.days() for stream in self._streams), strict=True):
            day = days[0]
            if day.day >= span.end:
                break
            everybody = (self._bought + UNSEEN) / (self._bought + UNSEEN).sum()
            X = np.stack([at_horizon.before for at_horizon in days])
            if day.day == span.first:
                frozen = [self._frozen(i, day.day, everybody, latest_ms) for i in range(len(scores))]
            if day.day >= FIRST_DAY:
                for i, (predictor, score) in enumerate(zip(self._predictors, scores, strict=True)):
                    segment = self._segments(i, day.day, day.who, everybody)
                    p = predictor.predict(X, segment, everybody)
                    if frozen is not None:
                        score.add(day.counts, p, everybody)
                        score.add_frozen(day.counts, frozen[i][0][day.who], frozen[i][1])
                        if ranking:
                            self._rank(score, day, p)
                    predictor.learn(X, segment, everybody, day.counts)
            self._bought = self._bought * 0.5 ** (DAY_MS / LONG_MS) + day.counts.sum(axis=0)
            latest_ms = int(day.at_ms.max(initial=latest_ms))
            tick()
        return scores

    def _segments(self, i: int, day: int, who: Ints, everybody: Floats) -> Floats:
        """(n, C) distributions of the visitors' segments."""
        if self._history is None:
            return np.broadcast_to(everybody, (len(who), len(everybody)))
        return self._history.of(day, i, who, everybody)

    def _frozen(self, i: int, day: int, everybody: Floats, at_ms: int) -> tuple[Floats, Floats]:
        """What is predicted of all visitors for good: (visitors, C), and everybody's distribution then."""
        who = np.arange(len(self._baskets.households))
        X = np.stack([stream.decayed(who, at_ms) for stream in self._streams])
        return self._predictors[i].predict(X, self._segments(i, day, who, everybody), everybody), everybody

    def _rank(self, score: Score, day: Day, p: Floats) -> None:
        rows = self._baskets.of_day(day.day)
        _, first, place = np.unique(self._baskets.basket[rows], return_index=True, return_inverse=True)
        bought = np.zeros((len(first), p.shape[1]))
        bought[place, self._baskets.category[rows]] = 1.0
        score.add_ranking(p[np.searchsorted(day.who, self._baskets.visitor[rows][first])], bought)
