"""How probable each layout is for a visitor, by its affinities: the twin of `linear_bandit` without numpy."""

from collections.abc import Sequence
from math import erf, sqrt
from operator import mul
from statistics import NormalDist

from schemas.layouts import LinearPolicy

NODES = tuple(NormalDist().inv_cdf((node + 0.5) / 16) for node in range(16))
MOST_AFFINITY = 10.0


def layout_probabilities(policy: LinearPolicy, affinities: Sequence[float]) -> tuple[float, ...]:
    """Of the policy's layouts for a visitor: how often each is the best of a draw, at least the floor.

    Affinities that the policy does not know are left out, missing ones are 0.
    """
    d = _dimensions(len(policy.layouts[0]))
    known = [min(max(of, -MOST_AFFINITY), MOST_AFFINITY) for of in affinities[: d - 1]]
    phi = [1.0, *known, *[0.0] * (d - 1 - len(known))]
    pairs = [phi[i] * phi[j] * (1 if i == j else 2) for i in range(d) for j in range(i, d)]
    means = [sum(map(mul, numbers, phi)) for numbers in policy.layouts]  # stops at phi's end
    spreads = [max(sqrt(max(sum(map(mul, numbers[d:], pairs)), 0.0)), 1e-9) for numbers in policy.layouts]
    best = [_best(at, means, spreads) + 1e-12 for at in range(len(means))]
    floor, total = min(policy.floor, 1 / len(best) / 2), sum(best)
    return tuple(floor + (1 - floor * len(best)) * of / total for of in best)


def _best(at: int, means: list[float], spreads: list[float]) -> float:
    """Probability that a draw of layout `at` exceeds one of each other."""
    others = [(means[b], spreads[b]) for b in range(len(means)) if b != at]
    total = 0.0
    for node in NODES:
        drawn, below = means[at] + spreads[at] * node, 1.0
        for mean, spread in others:
            below *= 0.5 + 0.5 * erf((drawn - mean) / spread / sqrt(2))
        total += below
    return total / len(NODES)


def _dimensions(numbers: int) -> int:
    """d of d + d(d + 1)/2 numbers."""
    return round((sqrt(9 + 8 * numbers) - 3) / 2)
