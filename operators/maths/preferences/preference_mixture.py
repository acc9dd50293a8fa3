"""A visitor's own preferences: horizons pooled, shrunk towards the segment's, all learned as it predicts.

Values c of one facet, horizons h. With x_ch a visitor's decayed counts and e_h their sums, its share of c is

    q_c = (Σ_h w_h x_ch + β_c m_c) / (Σ_h w_h e_h + β_c),    p = q / Σ q,    m_c ∝ g_c (s_c/g_c)^λ

a Gamma-Poisson posterior whose evidence is a mixture of horizons, w, and whose prior mean m is between
everybody's distribution, g, and the segment's, s. The weights w, the prior's strength β of each value and the
segment's say λ are learned by maximising the log-likelihood of each batch after it was predicted: one step of
natural gradient a batch, with the exact Fisher information of the shared parameters and its diagonal for β
(Amari, Neural Computation 1998; online Newton step: Hazan, Agarwal, Kale, Machine Learning 2007).

The segment says λ = 1 at full shrinkage and 0 at none; a good half was learned wherever it was tried.
"""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats

LARGEST_STEP = 0.3  # of any parameter in one batch, in log units: the first batches say little
STRENGTHS = (2.0, 1e4)  # bounds of β: a prior of less says nothing, of more nothing else


@dataclass(frozen=True)
class MixtureSettings:
    """forgetting : factor of the information held, a batch. steadiness : information to begin with, about the
    shared parameters, and about each β (in purchases).
    """

    forgetting: float = 0.98
    steadiness: float = 30.0
    steadiness_of_strengths: float = 0.3


@dataclass(frozen=True)
class Mixture:
    """What has been learned about one facet with C values and H horizons.

    shared : (H + 1,) log w, then λ. information : (H + 1, H + 1) of those.
    strengths : (C,) log β. strength_information : (C,).
    """

    shared: Floats
    information: Floats
    strengths: Floats
    strength_information: Floats

    @classmethod
    def prior(
        cls, horizons: int, values: int, settings: MixtureSettings, strength: float = 100.0
    ) -> "Mixture":
        """Equal weights that sum to one, half of the segment, the same strength everywhere."""
        return cls(
            np.append(np.full(horizons, -np.log(horizons)), 0.5),
            np.eye(horizons + 1) * settings.steadiness,
            np.full(values, np.log(strength)),
            np.full(values, settings.steadiness_of_strengths),
        )

    @property
    def weights(self) -> Floats:
        """(H,) of the horizons."""
        return np.asarray(np.exp(self.shared[:-1]))

    @property
    def say_of_segment(self) -> float:
        return float(self.shared[-1])


@dataclass(frozen=True)
class Prediction:
    """What was predicted of n visitors, with what learning from it needs.

    p : (n, C) shares that sum to one.
    """

    p: Floats
    numerator: Floats
    denominator: Floats
    mean: Floats
    log_ratio: Floats


def predict(mixture: Mixture, X: Floats, segment: Floats, everybody: Floats) -> Prediction:
    """Shares of the values for n visitors.

    X : (H, n, C) decayed counts as of now. segment : (n, C) distribution of each visitor's segment;
    `everybody`, where it has none. everybody : (C,) positive, sums to one. A visitor of whom nothing
    is known gets m.
    """
    log_ratio = np.log(segment / everybody)
    mean = everybody * np.exp(mixture.say_of_segment * log_ratio)
    mean = mean / mean.sum(axis=1, keepdims=True)
    w, beta = mixture.weights, np.exp(mixture.strengths)
    numerator = np.tensordot(w, X, 1) + beta * mean
    denominator = np.tensordot(w, X.sum(axis=2, keepdims=True), 1) + beta
    q = numerator / denominator
    return Prediction(q / q.sum(axis=1, keepdims=True), numerator, denominator, mean, log_ratio)


def learn(
    mixture: Mixture, prediction: Prediction, X: Floats, counts: Floats, settings: MixtureSettings
) -> Mixture:
    """The mixture after `counts` (n, C) have been seen of the visitors it predicted. No counts: no step."""
    if not counts.any():
        return mixture
    n = counts.sum(axis=1, keepdims=True)
    p, surprise = prediction.p, counts - n * prediction.p
    shared, information = _shared_step(mixture, prediction, X, surprise, n * p, settings)
    beta = np.exp(mixture.strengths)
    slope = beta * (prediction.mean / prediction.numerator - 1 / prediction.denominator)
    kept = settings.forgetting * mixture.strength_information
    fresh = (1 - settings.forgetting) * settings.steadiness_of_strengths
    strength_information = kept + fresh + (n * p * (1 - p) * slope**2).sum(axis=0)
    step = (surprise * slope).sum(axis=0) / strength_information
    low, high = np.log(STRENGTHS)
    return replace(
        mixture,
        shared=shared,
        information=information,
        strengths=np.clip(mixture.strengths + np.clip(step, -LARGEST_STEP, LARGEST_STEP), low, high),
        strength_information=strength_information,
    )


def _shared_step(
    mixture: Mixture,
    prediction: Prediction,
    X: Floats,
    surprise: Floats,
    np_: Floats,
    settings: MixtureSettings,
) -> tuple[Floats, Floats]:
    """(log w and λ, their information) after one step; np_ : (n, C) purchases expected."""
    beta, weights = np.exp(mixture.strengths), mixture.weights
    toward = (prediction.mean * prediction.log_ratio).sum(axis=1, keepdims=True)
    slopes = [
        w * (x / prediction.numerator - x.sum(axis=1, keepdims=True) / prediction.denominator)
        for w, x in zip(weights, X, strict=True)
    ]
    slopes.append(beta * prediction.mean * (prediction.log_ratio - toward) / prediction.numerator)
    D = np.stack([slope - (prediction.p * slope).sum(axis=1, keepdims=True) for slope in slopes])
    gradient = np.einsum("jnc,nc->j", D, surprise)
    held = settings.forgetting * mixture.information
    fresh = (1 - settings.forgetting) * settings.steadiness * np.eye(len(D))
    flat = D.reshape(len(D), -1)
    information = held + fresh + (flat * np_.ravel()) @ flat.T
    step = np.clip(np.linalg.solve(information, gradient), -LARGEST_STEP, LARGEST_STEP)
    return mixture.shared + step, information
