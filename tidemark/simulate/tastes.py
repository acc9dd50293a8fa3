"""What visitors are after: factors that last, drift or pass; demographics say a little about them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tidemark.simulate.parameters import AGE_BY_INCOME, Parameters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Demographics:
    """Of V visitors: age and income as levels, (V,)."""

    age: Ints
    income: Ints

    @classmethod
    def draw(cls, visitors: int, random: np.random.Generator) -> "Demographics":
        joint = np.array(AGE_BY_INCOME, dtype=np.float64)
        cell = random.choice(joint.size, visitors, p=joint.ravel() / joint.sum())
        age, income = np.divmod(cell, joint.shape[1])
        return cls(age, income)

    @cached_property
    def cells(self) -> Ints:
        """(V,) age × income as one number."""
        return self.age * len(AGE_BY_INCOME[0]) + self.income

    def leaning(self, factors: int, random: np.random.Generator) -> Floats:
        """(V, F) what age and income together make of each factor: mean 0 and variance 1 over visitors."""
        levels = np.array(AGE_BY_INCOME).shape
        of_age, of_income = (random.standard_normal((n, factors)) for n in levels)
        return standardised(of_age[self.age] + of_income[self.income])


def standardised(x: Floats) -> Floats:
    """(V, F) with mean 0 and variance 1 over V; a single visitor gets zeros."""
    return np.asarray((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12))


class Tastes:
    """Each visitor's coordinates on F factors, of variance 1 over visitors at any time.

    A lasting part, of which demographics explain some, and two that come and go (Ornstein-Uhlenbeck): one
    within months, one within days.
    """

    def __init__(
        self, parameters: Parameters, demographics: Demographics, random: np.random.Generator
    ) -> None:
        p, shape = parameters, (len(demographics.age), parameters.factors)
        told = demographics.leaning(p.factors, random)
        untold = random.standard_normal(shape)
        self._lasting = np.sqrt(p.demographics) * told + np.sqrt(p.lasting - p.demographics) * untold
        self._scale = np.sqrt([p.drifting, p.passing])[:, None, None]
        self._half_life_ms = np.array([p.drift_days, p.passing_days]) * DAY_MS
        self._moving = random.standard_normal((2, *shape))
        self._as_of_ms = np.zeros(shape[0], dtype=np.int64)
        self._random = random

    def at(self, who: Ints, at_ms: Ints) -> Floats:
        """(n, F) of the visitors `who` (n,), distinct, at `at_ms` (n,), no earlier than when last asked."""
        kept = np.exp2(-(at_ms - self._as_of_ms[who]) / self._half_life_ms[:, None])[:, :, None]
        moving = self._moving[:, who]
        fresh = self._random.standard_normal(moving.shape)
        moving = kept * moving + np.sqrt(1 - kept**2) * fresh
        self._moving[:, who], self._as_of_ms[who] = moving, at_ms
        return self.latest(who)

    def latest(self, who: Ints) -> Floats:
        """(n, F) as of when each was last asked for."""
        return np.asarray(self._lasting[who] + (self._scale * self._moving[:, who]).sum(axis=0))
