"""`tidemark evaluate articles` on MIND: which articles of a list are clicked, by the job's model and others.

A list is predicted before anything learns from it; its clicks are learnt five minutes later; lists of one
timestamp learn together. Scored are the lists after the first quarter, which settings were chosen on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import ArticleSettings, Statistics
from operators.maths.articles.click_features import PLAIN, SLATE, WITH_LENGTH, Group, Lists, features
from operators.maths.articles.click_model import SharedSettings
from tidemark.evaluate.arrivals import LABEL_DELAY_MS, arrival_statistics
from tidemark.evaluate.click_predictors import Rows, Tidemark, predictions
from tidemark.evaluate.click_scores import METRICS, Outcome, Scores, resamples, score
from tidemark.evaluate.results import Row
from tidemark.evaluate.shown_lists import ShownLists

DATA = "mind"
TRACKS = {"": WITH_LENGTH, "_slate": SLATE, "_plain": PLAIN}
"""Suffix of the metrics -> what is known of a list when it is predicted."""

GOALS = {
    "log_loss": ("≤", 0.1490),
    "auc": ("≥", 0.731),
    "list_auc": ("≥", 0.638),
    "ece": ("≤", 0.003),
    "log_loss_slate": ("≤", 0.1550),
    "auc_slate": ("≥", 0.682),
    "list_auc_slate": ("≥", 0.630),
    "log_loss_plain": ("≤", 0.1567),
    "auc_plain": ("≥", 0.678),
    "list_auc_plain": ("≥", 0.616),
}
LEVEL = 95.0
"""Per cent of the resamples within an interval."""

Tick = Callable[[], object]
Predict = Callable[["Evaluation", Tick], Floats]


class Evaluation:
    """Recorded lists, what their impressions read on arrival, and the scores of the job's own predictions."""

    def __init__(self, lists: ShownLists, settings: ArticleSettings) -> None:
        self.lists, self._settings = lists, settings
        self.scored_from = len(lists.at_ms) // 4
        self._arrived: tuple[Statistics, Floats, Ints] | None = None
        self._best: dict[str, Scores] = {}

    def arrived(self, tick: Tick = lambda: None) -> tuple[Statistics, Floats, Ints]:
        if self._arrived is None:
            self._arrived = arrival_statistics(self.lists, self._settings, LABEL_DELAY_MS, tick)
        return self._arrived

    def rows(self, groups: frozenset[Group]) -> Rows:
        """The features of all impressions."""
        statistics, mean_chance, known = self.arrived()
        lists = self.lists
        seen = Lists(lists.list, lists.length[lists.list], lists.history_length[lists.list], mean_chance)
        return Rows(features(statistics, seen, groups), lists.clicked, lists.first, lists.at_ms, known)

    def scores(self, p: Floats) -> Scores:
        """Of the lists after the first quarter."""
        start = int(self.lists.first[self.scored_from])
        return score(p[start:], self._outcome, self._weight)

    def tidemark(self, track: str, tick: Tick = lambda: None) -> Scores:
        """The job's, computed once."""
        if track not in self._best:
            self._best[track] = self.scores(
                predictions(Tidemark(SharedSettings(), TRACKS[track]), self.rows(TRACKS[track]), tick)
            )
        return self._best[track]

    @cached_property
    def _outcome(self) -> Outcome:
        first = self.lists.first[self.scored_from :]
        return Outcome(self.lists.clicked[first[0] :], first - first[0])

    @cached_property
    def _weight(self) -> Floats:
        return resamples(len(self.lists.at_ms) - self.scored_from)


@dataclass(frozen=True)
class Subject:
    """One line of the table. predict : (n,) probabilities of all impressions of the evaluation."""

    name: str
    track: str
    predict: Predict


def measure(evaluation: Evaluation, subject: Subject, tick: Tick) -> list[Row]:
    """Its scores, and what is lost when it stands in for the job's model, paired by list."""
    scores, best = evaluation.scores(subject.predict(evaluation, tick)), evaluation.tidemark(subject.track)
    rows = _score_rows(subject.name, subject.track, scores)
    lost = {
        "log_loss_lost": scores.log_loss - best.log_loss,
        "list_auc_lost": best.list_auc - scores.list_auc,
    }
    return rows + [_row(name + subject.track, subject.name, values) for name, values in lost.items()]


def measure_tidemark(evaluation: Evaluation, tick: Tick) -> list[Row]:
    """The job's model on the three tracks."""
    evaluation.arrived(tick)
    return [row for track in TRACKS for row in _score_rows("tidemark", track, evaluation.tidemark(track))]


def of_track(rows: list[Row], track: str) -> list[Row]:
    """The rows of one track; the one without a suffix has those without any."""
    others = tuple(suffix for suffix in TRACKS if suffix)
    return [row for row in rows if (row.metric.endswith(track) if track else not row.metric.endswith(others))]


def _score_rows(name: str, track: str, scores: Scores) -> list[Row]:
    return [_row(metric + track, name, getattr(scores, metric)) for metric in METRICS]


def _row(metric: str, name: str, values: Floats) -> Row:
    """The value on the data, and its interval over resamples of the lists."""
    low, high = np.percentile(values[1:], [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return Row(metric, DATA, name, *(round(float(found), 6) for found in (values[0], low, high)))
