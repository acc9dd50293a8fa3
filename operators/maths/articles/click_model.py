"""The shared click model: one logistic regression over the features of all articles, which calibrates them.

An article's own statistics enter as features, so an article without any is predicted from what all others
taught.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.adaptive_forgetting import Forgetting, ForgettingSettings
from operators.maths.arrays import Floats

DAY_MS = 86_400_000.0
MEMBERS = ForgettingSettings((float("inf"), 16 * DAY_MS, 4 * DAY_MS, DAY_MS), memory_ms=7 * DAY_MS)


@dataclass(frozen=True)
class SharedSettings:
    """variance : of the prior of each coefficient; the intercept's is wide. forgetting : of its members."""

    variance: float = 1.0
    intercept_variance: float = 100.0
    forgetting: ForgettingSettings = MEMBERS


SERVED_SETTINGS = SharedSettings(variance=0.03)
"""Of the model that storefronts score with: most of its features say again what those say that have a weight
from the start, and what few clicks teach of them leads astray."""


def fresh(weights: Floats, settings: SharedSettings) -> Forgetting:
    """Before any outcome. weights : (d,) see `click_features.prior_weights`; the first is the intercept."""
    variance = np.full(len(weights), settings.variance)
    variance[0] = settings.intercept_variance
    return Forgetting.fresh(weights, variance, settings.forgetting)
