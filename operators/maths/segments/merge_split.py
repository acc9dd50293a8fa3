"""Merge two segments, split a third: the way out of an optimum that annealing ended in.

Split-and-merge EM (Ueda, Nakano, Ghahramani, Hinton, Neural Computation 2000), for hard assignments.
"""

from itertools import combinations

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.fit_segments import Fit, memberships, refine
from operators.maths.segments.segment_scores import log_ratios

SPLIT_STEPS = 4
FOUNDER = 0.3  # of a segment's mean visitor, added to the one visitor who founds a half


def propose(X: Floats, labels: Ints, k: int, smoothing: float, tries: int, steps: int, seed: int) -> Fit:
    """`tries` proposals, each refined by at most `steps` rounds.

    Each merges one of the cheapest pairs and splits another segment around two of its visitors.
    X : (n, D). labels : (n,) in 0..k-1. With k < 2 the proposals are `labels` itself.
    """
    random = np.random.default_rng(seed)
    pairs = cheapest_pairs(memberships(labels, k).T @ X, smoothing)[: max(tries // 2, 1)]
    proposals = np.array([_one(X, labels, k, pairs, smoothing, random) for _ in range(tries)])
    return refine(X, proposals, k, smoothing, steps)


def cheapest_pairs(sums: Floats, smoothing: float) -> list[tuple[int, int]]:
    """Pairs of segments, first the one whose merger loses least likelihood: duplicates, then neighbours.

    sums : (k, D).
    """
    pairs = list(combinations(range(len(sums)), 2))
    if not pairs:
        return []
    g = sums.sum(axis=0) + 1e-9
    alone = np.einsum("kd,kd->k", sums, log_ratios(sums, smoothing))
    first, second = np.array(pairs).T
    merged = sums[first] + sums[second]
    s = merged + smoothing * g / g.sum()
    together = np.einsum("pd,pd->p", merged, np.log(s / s.sum(axis=1, keepdims=True) / (g / g.sum())))
    loss = alone[first] + alone[second] - together
    return [pairs[p] for p in np.argsort(loss, kind="stable")]


def split(X: Floats, smoothing: float, random: np.random.Generator) -> Ints:
    """(n,) of 0 and 1: two halves of the visitors X (n, D), grown from two of them; n at least 2."""
    mean = X.mean(axis=0)
    prior = smoothing * (mean + 1e-9) / (mean + 1e-9).sum()
    sums = X[random.choice(len(X), 2, replace=False)] + FOUNDER * mean
    for _ in range(SPLIT_STEPS):
        s = sums + 0.1 * prior  # less than that of a segment: the halves have to part first
        half = (X @ np.log(s / s.sum(axis=1, keepdims=True)).T).argmax(axis=1)
        sums = memberships(half, 2).T @ X
    return np.asarray(half)


def _one(
    X: Floats,
    labels: Ints,
    k: int,
    pairs: list[tuple[int, int]],
    smoothing: float,
    random: np.random.Generator,
) -> Ints:
    if not pairs:
        return labels
    kept, freed = pairs[random.integers(len(pairs))]
    proposal = np.where(labels == freed, kept, labels)
    divided = random.choice([segment for segment in range(k) if segment != freed])
    members = np.flatnonzero(proposal == divided)
    if len(members) >= 2:
        proposal[members] = np.where(split(X[members], smoothing, random) == 0, divided, freed)
    return proposal
