"""The shared click model: one logistic regression over the features of all articles, which calibrates them.

An article's own statistics enter as features, so an article without any is predicted from what all others
taught.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.adaptive_forgetting import Forgetting, ForgettingSettings

DAY_MS = 86_400_000.0
MEMBERS = ForgettingSettings((float("inf"), 16 * DAY_MS, 4 * DAY_MS, DAY_MS), memory_ms=7 * DAY_MS)


@dataclass(frozen=True)
class SharedSettings:
    """variance : of the prior of each coefficient; the intercept's is wide. forgetting : of its members."""

    variance: float = 1.0
    intercept_variance: float = 100.0
    forgetting: ForgettingSettings = MEMBERS


def fresh(d: int, settings: SharedSettings) -> Forgetting:
    """Before any outcome; d columns of `click_features.features`, the first of them the intercept."""
    variance = np.full(d, settings.variance)
    variance[0] = settings.intercept_variance
    return Forgetting.fresh(variance, settings.forgetting)
