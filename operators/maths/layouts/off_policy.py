"""What another policy would have earned, from exposures that were logged with their propensities.

IPS: Horvitz and Thompson (1952); SNIPS: Swaminathan and Joachims (NIPS 2015); doubly robust: Dudík, Langford
and Li (ICML 2011). Intervals are normal, with the variance of the influence function; where few exposures
carry most of the weight they would be too narrow, so then the verdict is "not enough data".
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from operators.maths.arrays import Floats

ENOUGH_EXPOSURES = 100.0
"""Least effective sample size (Kish): (Σw)²/Σw²."""

ENOUGH_CONVERSIONS = 10.0
"""Least effective number of rewarded exposures: a normal interval of a rate needs about so many."""


@dataclass(frozen=True)
class Estimate:
    """value with its interval; enough : False where the interval is not to be trusted."""

    value: float
    low: float
    high: float
    enough: bool


@dataclass(frozen=True)
class Logged:
    """n logged exposures, all (n,).

    propensity : of the layout shown, in (0, 1]. target : probability with which the policy in question would
    have shown it. reward : what came of it.
    """

    propensity: Floats
    target: Floats
    reward: Floats

    def __post_init__(self) -> None:
        if len({len(self.propensity), len(self.target), len(self.reward)}) > 1:
            raise ValueError("propensity, target and reward differ in length")
        if not ((self.propensity > 0) & (self.propensity <= 1)).all():
            raise ValueError("a logged propensity is not in (0, 1]")

    @property
    def weight(self) -> Floats:
        return np.asarray(self.target / self.propensity)


def ips(logged: Logged, level: float = 0.95) -> Estimate:
    """mean(w r): unbiased; wide where propensities are small."""
    return _estimate(logged.weight * logged.reward, logged, level)


def snips(logged: Logged, level: float = 0.95) -> Estimate:
    """Σ w r / Σ w: a little biased, much steadier; inside the range of the rewards."""
    w = logged.weight
    if not w.sum() > 0:
        return Estimate(float("nan"), float("nan"), float("nan"), enough=False)
    value = float((w * logged.reward).sum() / w.sum())
    return _estimate(value + w / w.mean() * (logged.reward - value), logged, level)  # delta method


def doubly_robust(logged: Logged, predicted: Floats, expected: Floats, level: float = 0.95) -> Estimate:
    """mean(v + w (r − q)): unbiased if either the propensities or the model are right.

    predicted : (n,) q, the model's reward of the layout shown. expected : (n,) v, the model's reward under
    the policy in question. The model must not have been fitted to the same rows.
    """
    return _estimate(expected + logged.weight * (logged.reward - predicted), logged, level)


def _estimate(influence: Floats, logged: Logged, level: float) -> Estimate:
    n = len(influence)
    if n < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), enough=False)
    value, error = float(influence.mean()), float(influence.std(ddof=1) / np.sqrt(n))
    reach = float(norm.ppf((1 + level) / 2)) * error
    return Estimate(value, value - reach, value + reach, enough_data(logged))


def enough_data(logged: Logged) -> bool:
    """Whether enough exposures, and enough that earned something, carry the weight."""
    w = logged.weight
    earned = w[logged.reward > 0]
    return bool(effective_size(w) >= ENOUGH_EXPOSURES and effective_size(earned) >= ENOUGH_CONVERSIONS)


def effective_size(weight: Floats) -> float:
    """Kish's (Σw)²/Σw²; 0 for no weight."""
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0
