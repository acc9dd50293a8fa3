"""How well click probabilities predict: log loss, AUC over all, AUC inside each list, calibration error.

Differences are judged by a bootstrap of lists (Efron, Annals of Statistics 1979), paired: each resample
holds the same lists for every subject.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints

BINS = 20
RESAMPLES = 400
SEED = 7
METRICS = ("log_loss", "auc", "list_auc", "ece")


@dataclass(frozen=True)
class Outcome:
    """What happened to n impressions. first : (lists + 1,) offsets of the lists; none is empty."""

    clicked: Floats
    first: Ints

    @property
    def list(self) -> Ints:
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


@dataclass(frozen=True)
class Scores:
    """Each with a row per resample of the lists, the first row the data as they are.

    log_loss, auc, list_auc, ece : (1 + resamples,)
    """

    log_loss: Floats
    auc: Floats
    list_auc: Floats
    ece: Floats


def resamples(lists: int, count: int = RESAMPLES, seed: int = SEED) -> Floats:
    """(1 + count, lists): how often each list is in each resample; the first row is all once."""
    random = np.random.default_rng(seed)
    drawn = random.multinomial(lists, np.full(lists, 1 / lists), size=count)
    return np.concatenate([np.ones((1, lists)), drawn])


def score(p: Floats, outcome: Outcome, weight: Floats) -> Scores:
    """Scores of the probabilities p (n,), inside (0, 1); weight : (r, lists) of `resamples`."""
    return Scores(
        _log_loss(p, outcome, weight),
        _auc(p, outcome, weight),
        _list_auc(p, outcome, weight),
        _ece(p, outcome, weight),
    )


def list_aucs(p: Floats, outcome: Outcome) -> Floats:
    """(lists,): the share of (clicked, not clicked) pairs in order, ties half; nan without a pair."""
    found = np.full(len(outcome.first) - 1, np.nan)
    for i, (start, end) in enumerate(zip(outcome.first[:-1], outcome.first[1:], strict=True)):
        clicked = outcome.clicked[start:end] > 0
        if clicked.any() and not clicked.all():
            gap = p[start:end][clicked][:, None] - p[start:end][~clicked]
            found[i] = ((gap > 0) + 0.5 * (gap == 0)).mean()
    return found


def _log_loss(p: Floats, outcome: Outcome, weight: Floats) -> Floats:
    loss = -np.where(outcome.clicked > 0, np.log(p), np.log1p(-p))
    sums = np.add.reduceat(loss, outcome.first[:-1])
    return np.asarray(weight @ sums / (weight @ np.diff(outcome.first)))


def _list_auc(p: Floats, outcome: Outcome, weight: Floats) -> Floats:
    found = list_aucs(p, outcome)
    known = np.isfinite(found)
    return np.asarray(weight[:, known] @ found[known] / weight[:, known].sum(axis=1))


def _auc(p: Floats, outcome: Outcome, weight: Floats) -> Floats:
    """Mann and Whitney's U with weights; p that are equal count half."""
    order = np.argsort(p, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(p[order]) > 0])
    clicked, of = outcome.clicked[order], outcome.list[order]
    found = np.empty(len(weight))
    for i, row in enumerate(weight):
        w = row[of]
        yes, no = np.add.reduceat(w * clicked, first), np.add.reduceat(w * (1 - clicked), first)
        found[i] = (yes * (np.cumsum(no) - no / 2)).sum() / (yes.sum() * no.sum())
    return found


def _ece(p: Floats, outcome: Outcome, weight: Floats) -> Floats:
    """Expected calibration error: |mean p − click rate| over BINS bins of as many impressions each."""
    order = np.argsort(p, kind="stable")
    first = np.unique(np.linspace(0, len(p), BINS + 1).astype(int)[:-1])
    gap, of = (p - outcome.clicked)[order], outcome.list[order]
    return np.array([np.abs(np.add.reduceat(row[of] * gap, first)).sum() / row[of].sum() for row in weight])
