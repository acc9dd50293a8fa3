"""Ways to predict a visitor's next purchases from what Redis holds: the job's, and plain ones beside it."""

from abc import ABC, abstractmethod

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.decay import value_at
from operators.maths.gamma_poisson import borrow_spread, fit_gamma_poisson
from operators.maths.preferences.choice_features import Histories
from operators.maths.preferences.choice_model import (
    ChoiceModel,
    ChoiceSettings,
    learn_choices,
    predict_choices,
    towards_segment,
)
from operators.maths.preferences.preference_mixture import Mixture, MixtureSettings, learn, predict
from tidemark.evaluate.baskets import DAY_MS
from tidemark.evaluate.history_stream import PURCHASE


class Predictor(ABC):
    """Shares of the values for n visitors at H horizons.

    half_lives_ms : (H,). segment : (n, C) distributions of the visitors' segments. everybody : (C,).
    """

    def __init__(self, half_lives_ms: Floats) -> None:
        self.half_lives_ms = half_lives_ms

    @abstractmethod
    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:
        """(n, C) that sum to one a row."""

    def learn(  # noqa: B027 - many have nothing to learn
        self, histories: Histories, segment: Floats, everybody: Floats, chosen: Floats
    ) -> None:
        """From the choices (n, C) that followed, a day's; by default nothing is learned."""

    def purchases(self, histories: Histories) -> Floats:
        """(H, n, C) decayed counts."""
        h = self.half_lives_ms[:, None, None]
        return value_at(histories.values, histories.at_ms[:, None], h) / PURCHASE


class Choice(Predictor):
    """`operators.maths.preferences.choice_model`: what the job learns and the client computes."""

    def __init__(
        self, half_lives_ms: Floats, values: int, settings: ChoiceSettings, use_segment: bool
    ) -> None:
        super().__init__(half_lives_ms)
        self._settings, self._use_segment = settings, use_segment
        self.model = ChoiceModel.prior(half_lives_ms, values, settings)

    def _mean(self, segment: Floats, everybody: Floats) -> Floats:
        return towards_segment(everybody, segment) if self._use_segment else everybody

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:
        mean = self._mean(segment, everybody)
        return predict_choices(self.model, histories, self.half_lives_ms, mean, self._settings)

    def learn(self, histories: Histories, segment: Floats, everybody: Floats, chosen: Floats) -> None:
        mean = self._mean(segment, everybody)
        self.model = learn_choices(
            self.model, histories, self.half_lives_ms, mean, chosen, DAY_MS, self._settings
        )


class OfMixture(Predictor):
    """`operators.maths.preferences.preference_mixture`: weights of horizons and strengths of priors, no recency."""

    def __init__(
        self, half_lives_ms: Floats, values: int, settings: MixtureSettings, use_segment: bool
    ) -> None:
        super().__init__(half_lives_ms)
        self._settings, self._use_segment = settings, use_segment
        self.mixture = Mixture.prior(len(half_lives_ms), values, settings)

    def _prior(self, segment: Floats, everybody: Floats) -> Floats:
        return segment if self._use_segment else np.broadcast_to(everybody, segment.shape)

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:
        X = self.purchases(histories)
        return predict(self.mixture, X, self._prior(segment, everybody), everybody).p

    def learn(self, histories: Histories, segment: Floats, everybody: Floats, chosen: Floats) -> None:
        X = self.purchases(histories)
        prediction = predict(self.mixture, X, self._prior(segment, everybody), everybody)
        self.mixture = learn(self.mixture, prediction, X, chosen, self._settings)


class Flat(Predictor):
    """One horizon, every value shrunk towards everybody's distribution by `strength` purchases."""

    def __init__(self, half_lives_ms: Floats, strength: float) -> None:
        super().__init__(half_lives_ms)
        self._strength = strength

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        (x,) = self.purchases(histories)
        return np.asarray((x + self._strength * everybody) / (x.sum(axis=1, keepdims=True) + self._strength))


class GammaPoisson(Predictor):
    """One horizon with the prior of each value by moments, as `tidemark show` smooths; refitted weekly."""

    def __init__(self, half_lives_ms: Floats, every_batches: int = 7) -> None:
        super().__init__(half_lives_ms)
        self._every, self._batches = every_batches, 0
        self._seen: list[Floats] = []
        self._alpha = self._beta = np.zeros(0)

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:
        if not len(self._beta):
            return Flat(self.half_lives_ms, 60.0).predict(histories, segment, everybody)
        (x,) = self.purchases(histories)
        q = (x + self._alpha) / (x.sum(axis=1, keepdims=True) + self._beta) + 1e-9
        return np.asarray(q / q.sum(axis=1, keepdims=True))

    def learn(self, histories: Histories, segment: Floats, everybody: Floats, chosen: Floats) -> None:  # noqa: ARG002
        self._seen.append(self.purchases(histories)[0])
        if len(self._seen) == self._every:
            x = np.concatenate(self._seen)
            x = x[x.sum(axis=1) >= 1]
            e = x.sum(axis=1)
            moments = fit_gamma_poisson(
                x.sum(axis=0), (x * x / e[:, None]).sum(axis=0), e.sum(), (e * e).sum(), len(e)
            )
            alpha, beta = borrow_spread(moments[0][:, None], moments[1][:, None])
            known = beta[:, 0] > 0
            self._beta = np.where(known, beta[:, 0], 1.0)
            self._alpha = np.where(known, alpha[:, 0], 0.0)
            self._seen = []


class Popular(Predictor):
    """Everybody's distribution for everybody."""

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        return np.broadcast_to(everybody, histories.values.shape[1:])


class EqualMix(Predictor):
    """The mean of the horizons' shares, each shrunk by one purchase."""

    def predict(self, histories: Histories, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        X = self.purchases(histories)
        return np.asarray(((X + everybody) / (X.sum(axis=2, keepdims=True) + 1)).mean(axis=0))
