"""A micro-batch at the shared model: predict what is shown, learn what is known, score articles; no Flink."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from operators.articles.shard_messages import Batch
from operators.articles.statistics_table import statistics_of
from operators.maths.adaptive_forgetting import Forgetting, collapsed, learn, mixed
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, WITH_LENGTH, Group, Lists, features, prior_weights
from operators.maths.articles.click_model import SERVED_SETTINGS, SharedSettings, fresh
from operators.maths.articles.prequential_scores import PrequentialScores, score
from operators.maths.bayesian_logistic import probability
from schemas.article_scores import SharedModel
from state.placed_list import PredictedList

Groups = frozenset[Group]

FULL = WITH_LENGTH
"""What is known of a list that was shown; a storefront that makes one knows `SERVED`."""


@dataclass(frozen=True)
class ScoreSettings:
    """articles, full, served : of the models. half_life_ms : of the prequential scores, in event time."""

    articles: ArticleSettings = field(default_factory=ArticleSettings)
    full: SharedSettings = field(default_factory=SharedSettings)
    served: SharedSettings = SERVED_SETTINGS
    half_life_ms: float = 86_400_000.0


@dataclass(frozen=True)
class SharedModels:
    """What all articles share. full : predicts with all features. served : with those of a storefront.

    chances, outcomes : sums of k/L and of one over the impressions whose outcome is known.
    impressions : shown so far. at_ms : event time of the latest list.
    """

    full: Forgetting
    served: Forgetting
    scores: PrequentialScores
    chances: float = 0.0
    outcomes: int = 0
    impressions: int = 0
    at_ms: int = 0

    @classmethod
    def fresh(cls, settings: ScoreSettings) -> "SharedModels":
        half_lives = len(settings.articles.half_lives_ms)
        return cls(
            fresh(prior_weights(FULL, half_lives), settings.full),
            fresh(prior_weights(SERVED, half_lives), settings.served),
            PrequentialScores.none(),
        )

    @property
    def mean_chance(self) -> float:
        """Everybody's k/L, above 0."""
        return (self.chances + 1) / (self.outcomes + 20)

    def for_storefronts(self, settings: ArticleSettings) -> SharedModel:
        """As Redis holds it."""
        return SharedModel(
            self.at_ms,
            self.impressions + self.outcomes,
            *collapsed(self.served),
            self.mean_chance,
            settings.half_lives_ms,
            settings.dimensions,
            settings.variance,
        )


def predict_shown(models: SharedModels, batch: Batch, table: Floats) -> dict[str, PredictedList]:
    """Of each list shown what its impressions read, and the probabilities of a click.

    table : (n, columns), `statistics_table` of all impressions of the batch.
    """
    if not batch.shown:
        return {}
    chance = np.full(len(batch.shown), models.mean_chance)
    X = _features(batch.count, batch.length, batch.history, chance, table, FULL)
    p = probability(*mixed(models.full, X, np.zeros(len(X))))
    cuts = np.cumsum(batch.count)[:-1]
    columns = batch.at_ms.tolist(), batch.length.tolist(), batch.history.tolist(), chance.tolist()
    lists = zip(*columns, np.split(table, cuts), np.split(p, cuts), strict=True)
    return {name: PredictedList(*of) for name, of in zip(batch.shown, lists, strict=True)}


def learn_known(
    models: SharedModels, batch: Batch, known: Mapping[str, PredictedList], settings: ScoreSettings
) -> SharedModels:
    """After the outcomes of lists, from what their impressions read when they were shown.

    known : the lists of `batch.known` that are to be learnt, by id.
    """
    at_ms = int(batch.at_ms.max(initial=models.at_ms))
    counted = replace(models, impressions=models.impressions + int(batch.count.sum()), at_ms=at_ms)
    if not known:
        return counted
    lists = list(known.values())
    p, clicked = outcomes(batch, known)
    learnt_ms = max(of.at_ms for of in lists)
    full, served = (
        learn(
            model,
            _features_of(lists, groups),
            clicked,
            np.zeros(len(clicked)),
            learnt_ms,
            of.forgetting,
        )
        for model, groups, of in (
            (models.full, FULL, settings.full),
            (models.served, SERVED, settings.served),
        )
    )
    clicks = [sum(batch.known[name]) for name in known]
    chances = sum(k * len(of.p) / of.length for k, of in zip(clicks, lists, strict=True))
    return replace(
        counted,
        full=full,
        served=served,
        scores=score(models.scores, p, clicked, learnt_ms, settings.half_life_ms),
        chances=models.chances + chances,
        outcomes=models.outcomes + len(clicked),
    )


def outcomes(batch: Batch, known: Mapping[str, PredictedList]) -> tuple[Floats, Floats]:
    """(n,) predicted, and (n,) 1.0 where clicked, of all impressions of lists whose outcome is known."""
    none = np.zeros(0)
    p = np.concatenate([none, *(of.p for of in known.values())])
    clicked = [np.frombuffer(batch.known[name], np.uint8) for name in known]
    return p, np.concatenate([none, *clicked])


def _features_of(lists: Sequence[PredictedList], groups: Groups) -> Floats:
    """(n, d) of all impressions of lists, at least one."""
    return _features(
        np.array([len(of.p) for of in lists]),
        np.array([of.length for of in lists]),
        np.array([of.history for of in lists]),
        np.array([of.mean_chance for of in lists]),
        np.concatenate([of.statistics for of in lists]),
        groups,
    )


def _features(
    count: Ints, length: Ints, history: Ints, mean_chance: Floats, table: Floats, groups: Groups
) -> Floats:
    """(n, d) of all impressions of l lists; the first four are (l,), count how many a list has."""
    of = np.repeat(np.arange(len(count)), count)
    return features(statistics_of(table), Lists(of, length[of], history[of], mean_chance[of]), groups)
