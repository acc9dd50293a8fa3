"""How well predictions made before anything learned from them turned out: log loss, AUC, calibration.

Predictions fall into bins of log-odds; what is kept of a bin are decayed counts, so it all fits into some
hundred numbers, however many predictions there were. AUC takes those of one bin as ties: it is exact up to
half the share of pairs that share a bin.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from operators.maths.arrays import Floats

BINS = 128
EDGES = np.linspace(-9.0, 5.0, BINS - 1)
"""Log-odds between the bins, about a ninth apart."""


@dataclass(frozen=True)
class PrequentialScores:
    """bins : (3, BINS) decayed sums of predictions: how many, clicked ones, and of p. loss : nats, decayed.

    at_ms : event time of the latest; -1 before the first.
    """

    bins: Floats
    loss: float = 0.0
    at_ms: int = -1

    @classmethod
    def none(cls) -> "PrequentialScores":
        return cls(np.zeros((3, BINS)))

    @property
    def impressions(self) -> float:
        return float(self.bins[0].sum())

    @property
    def clicks(self) -> float:
        return float(self.bins[1].sum())

    @property
    def log_loss(self) -> float:
        """Nats a prediction; 0 before the first."""
        return self.loss / max(self.impressions, 1e-12)

    @property
    def base_log_loss(self) -> float:
        """Of everybody's rate of clicks in hindsight."""
        rate = np.clip(self.clicks / max(self.impressions, 1e-12), 1e-12, 1 - 1e-12)
        return float(-(rate * np.log(rate) + (1 - rate) * np.log1p(-rate)))

    @property
    def auc(self) -> float:
        """Share of pairs of a clicked impression and another that are in the right order; .5 without any."""
        clicked = self.bins[1]
        others = self.bins[0] - clicked
        below = np.cumsum(others) - others
        pairs = clicked.sum() * others.sum()
        return float((clicked * (below + others / 2)).sum() / pairs) if pairs > 0 else 0.5

    @property
    def ece(self) -> float:
        """Expected calibration error: |clicks − Σp| over the bins, an impression."""
        return float(np.abs(self.bins[1] - self.bins[2]).sum() / max(self.impressions, 1e-12))


def score(
    scores: PrequentialScores, p: Floats, clicked: Floats, at_ms: int, half_life_ms: float
) -> PrequentialScores:
    """After the outcomes of n predictions p (n,), inside (0, 1), as of event time `at_ms`."""
    if not len(p):
        return scores
    passed = max(at_ms - scores.at_ms, 0) if scores.at_ms >= 0 else 0
    kept = 2.0 ** (-passed / half_life_ms)
    p = _inside(p)
    which = np.searchsorted(EDGES, logit(p))
    new = np.stack([np.bincount(which, weight, BINS) for weight in (np.ones(len(p)), clicked, p)])
    loss = kept * scores.loss + log_loss(p, clicked)
    return PrequentialScores(kept * scores.bins + new, loss, max(at_ms, scores.at_ms))


def log_loss(p: Floats, clicked: Floats) -> float:
    """Nats, of n predictions p (n,) together."""
    p = _inside(p)
    return -float((clicked * np.log(p) + (1 - clicked) * np.log1p(-p)).sum())


def _inside(p: Floats) -> Floats:
    return np.asarray(np.clip(p, 1e-9, 1 - 1e-9))
