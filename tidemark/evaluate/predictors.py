"""Ways to predict a visitor's next purchases from decayed counts: the job's, and plain ones beside it."""

from abc import ABC, abstractmethod

import numpy as np

from operators.maths.gamma_poisson import borrow_spread, fit_gamma_poisson
from operators.maths.preference_mixture import Mixture, MixtureSettings, learn, predict
from operators.maths.segment_scores import Floats


class Predictor(ABC):
    """Shares of the values for n visitors.

    X : (H, n, C) decayed counts. segment : (n, C) distributions of their segments. everybody : (C,).
    """

    @abstractmethod
    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:
        """(n, C) that sum to one a row."""

    def learn(  # noqa: B027 - many have nothing to learn
        self, X: Floats, segment: Floats, everybody: Floats, counts: Floats
    ) -> None:
        """From the counts (n, C) that followed; by default nothing is learned."""


class OfMixture(Predictor):
    """`operators.maths.preference_mixture`, a step of learning a batch."""

    def __init__(self, horizons: int, values: int, settings: MixtureSettings, use_segment: bool) -> None:
        self._settings, self._use_segment = settings, use_segment
        self.mixture = Mixture.prior(horizons, values, settings)

    def _prior(self, segment: Floats, everybody: Floats) -> Floats:
        return segment if self._use_segment else np.broadcast_to(everybody, segment.shape)

    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:
        return predict(self.mixture, X, self._prior(segment, everybody), everybody).p

    def learn(self, X: Floats, segment: Floats, everybody: Floats, counts: Floats) -> None:
        prediction = predict(self.mixture, X, self._prior(segment, everybody), everybody)
        self.mixture = learn(self.mixture, prediction, X, counts, self._settings)


class Flat(Predictor):
    """One horizon, every value shrunk towards everybody's distribution by `strength` purchases."""

    def __init__(self, strength: float, horizon: int = 0) -> None:
        self._strength, self._horizon = strength, horizon

    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        x = X[self._horizon]
        return np.asarray((x + self._strength * everybody) / (x.sum(axis=1, keepdims=True) + self._strength))


class GammaPoisson(Predictor):
    """One horizon with the prior of each value by moments, as `tidemark show` smooths; refitted weekly."""

    def __init__(self, every_batches: int = 7) -> None:
        self._every, self._batches = every_batches, 0
        self._seen: list[Floats] = []
        self._alpha = self._beta = np.zeros(0)

    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:
        x = X[0]
        if not len(self._beta):
            return Flat(60.0).predict(X, segment, everybody)
        q = (x + self._alpha) / (x.sum(axis=1, keepdims=True) + self._beta) + 1e-9
        return np.asarray(q / q.sum(axis=1, keepdims=True))

    def learn(self, X: Floats, segment: Floats, everybody: Floats, counts: Floats) -> None:  # noqa: ARG002
        self._seen.append(X[0])
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

    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        return np.broadcast_to(everybody, X.shape[1:])


class EqualMix(Predictor):
    """The mean of the horizons' shares, each shrunk by one purchase."""

    def predict(self, X: Floats, segment: Floats, everybody: Floats) -> Floats:  # noqa: ARG002
        return np.asarray(((X + everybody) / (X.sum(axis=2, keepdims=True) + 1)).mean(axis=0))
