"""What stands beside the job's click model: plain predictors, tuned equally, and it with parts removed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from operators.maths.adaptive_forgetting import ForgettingSettings
from operators.maths.arrays import Floats
from operators.maths.articles.click_features import SERVED, Group
from operators.maths.articles.click_model import SERVED_SETTINGS, SharedSettings
from tidemark.evaluate.articles import TRACKS, Evaluation, Predict, Subject, Tick
from tidemark.evaluate.click_predictors import Predictor, Refitted, River, Rows, Tidemark, predictions
from tidemark.evaluate.click_scores import Outcome, score

PENALTIES = (0.003, 0.01, 0.1, 1.0)
"""Inverse strengths tried for scikit-learn's models, on the first quarter as all that is tuned."""

RIVER_RATES = {"SGD": (0.001, 0.003, 0.01, 0.03), "FTRL": (0.003, 0.01, 0.03, 0.1)}
"""Learning rates tried for river's models."""

STRENGTHS = (5.0, 20.0, 50.0, 100.0, 200.0, 400.0)
"""Impressions of everybody's rate tried for the smoothed rate."""


def chosen(candidates: Sequence[Callable[[int], Predictor]], rows: Rows, tune_on: int, tick: Tick) -> Floats:
    """Predictions of the candidate with the least log loss on the second half of the first `tune_on` lists.

    A candidate is made from the number of rows that it will meet.
    """
    early, half = rows.until(tune_on), tune_on // 2
    outcome = Outcome(early.clicked[early.first[half] :], early.first[half:] - early.first[half])
    once = np.ones((1, tune_on - half))
    losses = [
        score(
            predictions(make(len(rows.X)), early, lambda: None)[early.first[half] :], outcome, once
        ).log_loss[0]
        for make in candidates
    ]
    return predictions(candidates[int(np.argmin(losses))](len(rows.X)), rows, tick)


def smoothed_rate(evaluation: Evaluation, _: Tick) -> Floats:
    """(clicks + s·μ)/(impressions + s) of an article, μ everybody's rate; s chosen on the first quarter."""
    statistics, mean_chance, _known = evaluation.arrived()
    found = statistics.counts
    clicks, shown = found.clicks[:, -1], found.labelled[:, -1]
    end = int(evaluation.lists.first[evaluation.scored_from])
    y = evaluation.lists.clicked[:end]

    def rate(s: float) -> Floats:
        return np.asarray(np.clip((clicks + s * mean_chance) / (shown + s), 1e-9, 1 - 1e-9))

    def loss(s: float) -> float:
        p = rate(s)[:end]
        return float(-np.where(y > 0, np.log(p), np.log1p(-p)).mean())

    return rate(min(STRENGTHS, key=loss))


def of_features(candidates: Sequence[Callable[[int], Predictor]], groups: frozenset[Group]) -> Predict:
    """The best of the candidates on the features of these groups."""

    def predict(evaluation: Evaluation, tick: Tick) -> Floats:
        return chosen(candidates, evaluation.rows(groups), evaluation.scored_from, tick)

    return predict


def refitted(track: str) -> Subject:
    makers = [lambda n, C=C: Refitted(C, n) for C in PENALTIES]
    return Subject("scikit-learn LogisticRegression, refitted", track, of_features(makers, TRACKS[track]))


def river(optimizer: str, track: str) -> Subject:
    name = {"SGD": "river LogisticRegression", "FTRL": "river FTRL"}[optimizer]
    makers = [lambda _, rate=rate: River(optimizer, rate) for rate in RIVER_RATES[optimizer]]
    return Subject(name, track, of_features(makers, TRACKS[track]))


def without(name: str, *groups: Group, settings: SharedSettings = SharedSettings()) -> Subject:  # noqa: B008 - frozen
    """The job's model without these groups of features."""

    def predict(evaluation: Evaluation, tick: Tick) -> Floats:
        left = TRACKS[""] - set(groups)
        return predictions(Tidemark(settings, left), evaluation.rows(left), tick)

    return Subject(f"without {name}", "", predict)


def served(track: str) -> Subject:
    """The job's second model, which storefronts score with, beside the one of a track."""

    def predict(evaluation: Evaluation, tick: Tick) -> Floats:
        return predictions(Tidemark(SERVED_SETTINGS, SERVED), evaluation.rows(SERVED), tick)

    return Subject("tidemark, as storefronts score", track, predict)


NEVER = ForgettingSettings((float("inf"),), memory_ms=1.0)
BESIDE = [
    served(""),
    served("_plain"),
    Subject("smoothed rate per article", "", smoothed_rate),
    Subject("smoothed rate per article", "_plain", smoothed_rate),
    *(refitted(track) for track in TRACKS),
    *(river(optimizer, track) for optimizer in RIVER_RATES for track in TRACKS),
]
WITHOUT = [
    *(without(group, group) for group in Group if group in TRACKS[""]),
    without("rates and own model", Group.RATES, Group.OWN_MODEL),
    without("forgetting", settings=replace(SharedSettings(), forgetting=NEVER)),
]
