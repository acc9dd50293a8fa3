"""Log-odds ratio with an informative Dirichlet prior: which words tell two groups of words apart.

Monroe, Colaresi and Quinn, Fightin' Words (Political Analysis 2008), section 3.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from operators.maths.arrays import Floats


class LogOdds(NamedTuple):
    """delta : (m,) log-odds of each word in the one group over the other. variance : (m,) of delta."""

    delta: Floats
    variance: Floats

    @property
    def z(self) -> Floats:
        """(m,) equation 22: delta in standard errors."""
        return np.asarray(self.delta / np.sqrt(self.variance))


@dataclass(frozen=True)
class Group:
    """Of m words. counts, prior : (m,) how often the group has each, and positive pseudo-counts.

    total, prior_total : of all words, or (m,), more than each of the m.
    """

    counts: Floats
    total: Floats | float
    prior: Floats
    prior_total: Floats | float


def log_odds(one: Group, other: Group) -> LogOdds:
    """Compare two groups word by word; equal shares with equal priors give 0."""
    in_one, in_other = one.counts + one.prior, other.counts + other.prior
    rest_one, rest_other = one.total + one.prior_total - in_one, other.total + other.prior_total - in_other
    delta = np.log(in_one / rest_one) - np.log(in_other / rest_other)  # equation 16
    return LogOdds(delta, 1 / in_one + 1 / in_other)  # equation 20
