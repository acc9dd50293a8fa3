"""Visitors' own preferences through the year: predicted, then learned from, a day at a time."""

from collections.abc import Callable, Sequence

import numpy as np

from operators.maths.arrays import Floats, Ints
from tidemark.evaluate.baskets import DAY_MS, START_MS, Baskets
from tidemark.evaluate.history_stream import HistoryStream
from tidemark.evaluate.predictors import Predictor
from tidemark.evaluate.ranking import ranking_sums
from tidemark.evaluate.segment_history import SegmentHistory
from tidemark.evaluate.shops import Span

LONG_MS = 90 * DAY_MS
"""Half-life of everybody's distribution: that of the job's longest horizon."""

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
    """The stream, and what several predictors make of it.

    history : of as many shops as there are predictors; None: everybody is of one segment.
    """

    def __init__(
        self,
        baskets: Baskets,
        predictors: Sequence[Predictor],
        stream: HistoryStream,
        history: SegmentHistory | None = None,
    ) -> None:
        self._baskets, self._predictors, self._stream, self._history = baskets, predictors, stream, history
        self._bought = np.zeros(len(baskets.names))

    def run(self, span: Span, ranking: bool, tick: Callable[[], object]) -> list[Score]:
        """Each day is predicted before anything learns from it. `ranking`: baskets are ranked too."""
        scores = [Score() for _ in self._predictors]
        frozen: list[tuple[Floats, Floats]] | None = None
        for day in self._stream.days():
            if day.day >= span.end:
                break
            everybody = (self._bought + UNSEEN) / (self._bought + UNSEEN).sum()
            if day.day == span.first:
                frozen = [self._frozen(i, day.day, everybody) for i in range(len(scores))]
            if day.day >= FIRST_DAY:
                for i, (predictor, score) in enumerate(zip(self._predictors, scores, strict=True)):
                    segment = self._segments(i, day.day, day.who, everybody)
                    if frozen is not None:
                        p = predictor.predict(day.histories, segment, everybody)
                        score.add(day.chosen, p, everybody)
                        score.add_frozen(day.chosen, frozen[i][0][day.who], frozen[i][1])
                        if ranking:
                            score.add_ranking(p, day.chosen)
                    predictor.learn(day.histories, segment, everybody, day.chosen)
            self._bought = self._bought * 0.5 ** (DAY_MS / LONG_MS) + day.chosen.sum(axis=0)
            tick()
        return scores

    def _segments(self, i: int, day: int, who: Ints, everybody: Floats) -> Floats:
        """(n, C) distributions of the visitors' segments."""
        if self._history is None:
            return np.broadcast_to(everybody, (len(who), len(everybody)))
        return self._history.of(day, i, who, everybody)

    def _frozen(self, i: int, day: int, everybody: Floats) -> tuple[Floats, Floats]:
        """What is predicted of all visitors for good, (visitors, C), and everybody's distribution then.

        The mean of what is answered through the week that begins: some predict by the time of the week.
        """
        segment = self._segments(i, day, np.arange(len(self._baskets.households)), everybody)
        first_ms = START_MS + day * DAY_MS
        answers = [
            self._predictors[i].predict(self._stream.everyone(at_ms), segment, everybody)
            for at_ms in range(first_ms, first_ms + 7 * DAY_MS, DAY_MS // 4)
        ]
        return np.asarray(np.mean(answers, axis=0)), everybody
