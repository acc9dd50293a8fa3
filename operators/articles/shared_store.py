"""The shared models' bytes in keyed state <-> the arrays that the maths takes."""

import numpy as np

from operators.articles.score_clicks import ScoreSettings, SharedModels
from operators.maths.adaptive_forgetting import Forgetting
from operators.maths.articles.prequential_scores import PrequentialScores
from operators.maths.bayesian_logistic import Posteriors
from state.shared_click_models import MixtureState, SharedClickModels


def load_shared(blob: bytes | None, settings: ScoreSettings) -> SharedModels:
    """None: before the first batch.

    ValueError: bytes of models with other features or members than the settings': a rebuild is due.
    """
    fresh = SharedModels.fresh(settings)
    if blob is None:
        return fresh
    state = SharedClickModels.from_bytes(blob)
    models = SharedModels(
        _forgetting(state.full),
        _forgetting(state.served),
        PrequentialScores(state.bins, state.loss, state.scored_ms),
        state.chances,
        state.outcomes,
        state.impressions,
        state.at_ms,
    )
    for found, expected in ((models.full, fresh.full), (models.served, fresh.served)):
        if _shape(found) != _shape(expected):
            raise ValueError("the shared models were written with other features or half-lives: rebuild")
    return models


def stored_shared(models: SharedModels) -> bytes:
    """What `load_shared` reads."""
    scores = models.scores
    return SharedClickModels(
        _mixture(models.full),
        _mixture(models.served),
        scores.bins,
        scores.loss,
        scores.at_ms,
        models.chances,
        models.outcomes,
        models.impressions,
        models.at_ms,
    ).to_bytes()


def _shape(models: Forgetting) -> tuple[int, ...]:
    return (len(models.members), *models.members[0].mean.shape)


def _mixture(models: Forgetting) -> MixtureState:
    return MixtureState(
        1 / np.diagonal(models.prior.precision[0]),
        np.concatenate([member.mean for member in models.members]),
        np.concatenate([member.precision for member in models.members]),
        models.log_weight,
        models.at_ms,
    )


def _forgetting(state: MixtureState) -> Forgetting:
    members = tuple(
        Posteriors(mean[None], precision[None])
        for mean, precision in zip(state.mean, state.precision, strict=True)
    )
    return Forgetting(Posteriors.prior(1, state.prior), members, state.log_weight, state.at_ms)
