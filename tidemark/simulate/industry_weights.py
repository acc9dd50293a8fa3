"""Weights of categories, learned per industry at refits, a shop's shrunk towards its industry's."""

import numpy as np

from operators.maths.segments.feature_weights import dispersion_within, entropy_weights, shrink_to_industry
from operators.maths.segments.fit_segments import memberships
from tidemark.simulate.tastes import Floats, Ints

STRENGTH = 10_000.0
"""Visits of a shop at which its own weights count as much as its industry's."""


class IndustryWeights:
    """industry : (B,) of the shops. gamma : in mean dispersions; None for equal weights."""

    def __init__(self, industry: Ints, categories: int, gamma: float | None) -> None:
        self._industry, self._gamma = industry, gamma
        self._dispersion = np.zeros((len(industry), categories))
        self._seen = np.zeros(len(industry))
        self._weights = np.ones((len(industry), categories))

    def of(self, shop: Ints) -> Floats:
        """(n, C) of each shop (n,); mean 1."""
        return self._weights[shop]

    def learn(self, shop: int, X: Floats, labels: Ints, seen: float) -> None:
        """From the sample X (n, C) of a shop's visitors and their segments (n,)."""
        known = X.any(axis=1)
        if self._gamma is None or not known.any():
            return
        shares = X[known] / X[known].sum(axis=1, keepdims=True)
        member = memberships(labels[known], int(labels.max()) + 1)
        self._dispersion[shop] = dispersion_within(
            member.T @ shares, member.T @ shares**2, member.sum(axis=0)
        )
        self._seen[shop] = seen
        self._refresh(self._gamma)

    def _refresh(self, gamma: float) -> None:
        same = self._industry[:, None] == self._industry
        total = np.maximum((same * self._seen).sum(axis=1, keepdims=True), 1e-12)
        of_industry = (same * self._seen) @ self._dispersion / total
        mean = max(float(self._dispersion[self._seen > 0].mean()), 1e-12)
        self._weights = shrink_to_industry(
            entropy_weights(self._dispersion, gamma * mean),
            entropy_weights(of_industry, gamma * mean),
            self._seen,
            STRENGTH,
        )
