"""What a merchandiser reads about a segment: its size, where it is going, and what it is after."""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.segment_models import SegmentModels


def over_indexed(sums: Floats, prior_weight: float) -> Floats:
    """(…, K, D) z-scores: log-odds of each dimension in a segment against the other segments.

    With an informative Dirichlet prior, everybody's distribution times `prior_weight` (counts): Monroe,
    Colaresi and Quinn (2008), equations 16, 20 and 22. Rare dimensions need more evidence; above 2 is worth
    words. Zero for a shop without events.

    sums : (…, K, D) counts, at least zero.
    """
    total = sums.sum(axis=-2, keepdims=True)
    weight = total.sum(axis=-1, keepdims=True)
    alpha = prior_weight * (total + 1e-9) / (weight + 1e-9 * sums.shape[-1])
    inside = _log_odds(sums, alpha)
    outside = _log_odds(np.maximum(total - sums, 0.0), alpha)
    variance = 1 / (sums + alpha) + 1 / (np.maximum(total - sums, 0.0) + alpha)
    return np.asarray(np.where(weight > 0, (inside - outside) / np.sqrt(variance), 0.0))


def _log_odds(counts: Floats, alpha: Floats) -> Floats:
    """log of (y + α) / (n + α₀ − y − α)."""
    smoothed = counts + alpha
    others = smoothed.sum(axis=-1, keepdims=True) - smoothed
    return np.asarray(np.log(smoothed / np.maximum(others, 1e-300)))


@dataclass(frozen=True)
class Profiles:
    """Of B shops with K segments, all (B, K).

    size : visitors, each as much as is left of its last visit. share : of the shop's.
    trend : its share of visits lately over that in the long run, minus one; 0 where there is none.
    conversion : purchases a visit, shrunk towards the shop's by `SHRINKAGE` visits.
    """

    size: Floats
    share: Floats
    trend: Floats
    conversion: Floats


SHRINKAGE = 20.0


def profiles(models: SegmentModels) -> Profiles:
    """Of models as of their latest event. A shop without visits has zeros everywhere."""
    size = np.maximum(models.visitors, 0.0)
    lately, long = _share(models.recent_visits), _share(models.visits)
    overall = models.conversions.sum(axis=1, keepdims=True) / np.maximum(
        models.visits.sum(axis=1, keepdims=True), 1e-12
    )
    return Profiles(
        size=size,
        share=_share(size),
        trend=np.where(
            (long > 0) & (lately.sum(axis=1, keepdims=True) > 0), lately / np.maximum(long, 1e-12) - 1, 0.0
        ),
        conversion=(models.conversions + SHRINKAGE * overall) / (models.visits + SHRINKAGE),
    )


def _share(amount: Floats) -> Floats:
    total = amount.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, amount / np.maximum(total, 1e-300), 0.0))
