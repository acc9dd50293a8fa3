"""A micro-batch at the shared model: predict what is shown, learn what is known, score articles; no Flink."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from operators.articles.shard_messages import Batch
from operators.articles.statistics_table import OTHERS, statistics_of
from operators.maths.adaptive_forgetting import Forgetting, collapsed, learn, mixed
from operators.maths.arrays import Floats
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, WITH_LENGTH, Lists, features
from operators.maths.articles.click_model import SharedSettings, fresh
from operators.maths.articles.prequential_scores import PrequentialScores, score
from operators.maths.bayesian_logistic import probability
from schemas.article_scores import SharedModel
from state.placed_list import PredictedList

FULL = WITH_LENGTH
"""What is known of a list that was shown; a storefront that makes one knows `SERVED`."""


@dataclass(frozen=True)
class ScoreSettings:
    """articles, shared : of the models. half_life_ms : of the prequential scores, in event time."""

    articles: ArticleSettings = field(default_factory=ArticleSettings)
    shared: SharedSettings = field(default_factory=SharedSettings)
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
        table = np.zeros((0, 4 * len(settings.articles.half_lives_ms) + OTHERS))
        none = np.zeros(0, dtype=np.int64)
        full, served = (_features(none, none, none, none, table, groups) for groups in (FULL, SERVED))
        return cls(
            fresh(full.shape[1], settings.shared),
            fresh(served.shape[1], settings.shared),
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
            settings.shared.forgetting,
        )
        for model, groups in ((models.full, FULL), (models.served, SERVED))
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


def _features_of(lists: Sequence[PredictedList], groups: frozenset) -> Floats:  # type: ignore[type-arg]
    def column(name: str) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([getattr(of, name) for of in lists])

    table = np.concatenate([of.statistics for of in lists])
    count = np.array([len(of.p) for of in lists])
    return _features(count, column("length"), column("history"), column("mean_chance"), table, groups)


def _features(count, length, history, mean_chance, table, groups) -> Floats:  # type: ignore[no-untyped-def]
    """(n, d) of all impressions of lists; the first four are (l,), a list each."""
    of = np.repeat(np.arange(len(count)), count)
    lists = Lists(of, length[of], history[of], np.asarray(mean_chance, dtype=np.float64)[of])
    return features(statistics_of(table), lists, groups)
