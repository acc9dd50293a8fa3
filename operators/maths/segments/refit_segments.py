"""Now and then a shop's segments are sought anew in the sample of its visitors, and keep their names.

Fits from scratch, the present segments refined, and mergers with splits compete for the objective of
`fit_segments`. What wins replaces the present segments only for a clear gain.
"""

from dataclasses import dataclass, field

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.fit_segments import Annealing, Fit, anneal, memberships, refine
from operators.maths.segments.match_segments import match
from operators.maths.segments.merge_split import propose


@dataclass(frozen=True)
class RefitSettings:
    """When and how.

    first_visits : of a shop before its first refit; each later one when they are `every` times as many.
    least, most : number of segments. growth : relative gain in the objective that each segment must bring.
    settling_gain : relative gain that a refit of a settling shop must bring. margin : nats per visitor who
    would change segment, in a shop that has settled.
    restarts, rounds, tries : fits from scratch; rounds of merge-split, and proposals in each.
    improved : candidates, those worth most, that go through merge-split, which costs most of the time.
    """

    first_visits: int = 256
    every: float = 1.25
    least: int = 2
    most: int = 12
    growth: float = 0.01
    settling_gain: float = 0.02
    margin: float = 4.5
    restarts: int = 4
    rounds: int = 6
    tries: int = 8
    proposal_steps: int = 6
    improved: int = 3
    annealing: Annealing = field(default_factory=Annealing)


@dataclass(frozen=True)
class Refit:
    """labels : (n,) of the sample, in the shop's names; those given where nothing was `accepted`.
    before, after : objective in nats of the segments given, and of the best found.
    """

    labels: Ints
    accepted: bool
    before: float
    after: float


def refit_due(
    seen: Ints, refitted_at: Ints, settings: RefitSettings
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(B,): shops whose visits, `seen`, are `every` times those at the last refit, `refitted_at`."""
    return np.asarray(seen >= np.maximum(settings.every * refitted_at, settings.first_visits))


def refit_segments(
    X: Floats, labels: Ints, smoothing: float, settled: bool, settings: RefitSettings, seed: int
) -> Refit:
    """Seek better segments for a shop's sample.

    X : (n, D) decayed counts of the visitors in the sample; float32 is fast and enough. labels : (n,) their
    segments, in 0..most-1. settled : the shop's visitors know their segments; few may move. n = 0 or no
    counts: nothing is accepted.
    """
    if not X.any():
        return Refit(labels, accepted=False, before=0.0, after=0.0)
    names, present = np.unique(labels, return_inverse=True)
    k = len(names)
    before = refine(X, present[None], k, smoothing, 0)
    search = _Search(X, smoothing, settings, seed)
    sizes = _sizes(k, len(X), settled, settings)
    candidates = [(search.from_scratch(n), n) for n in sizes]
    if k in sizes:
        candidates.append((refine(X, present[None], k, smoothing, settings.annealing.hard_steps), k))
    candidates.sort(key=lambda candidate: search.worth(*candidate), reverse=True)
    improved = [(search.improve(fit, n), n) for fit, n in candidates[: settings.improved]]
    best, best_k = max(improved, key=lambda candidate: search.worth(*candidate))
    renamed = match(best.labels[0], labels, X.sum(axis=1), settings.most)[best.labels[0]]
    gain = float(best.objective[0] - before.objective[0])
    if settled:
        clear = gain > settings.margin * np.count_nonzero(renamed != labels)
    else:
        clear = gain > settings.settling_gain * abs(float(before.objective[0]))
    fewer = best_k < k and gain >= 0  # a duplicate goes, whoever has to move
    accepted = bool(clear or fewer or k not in sizes)
    return Refit(
        renamed if accepted else labels, accepted, float(before.objective[0]), float(best.objective[0])
    )


def _sizes(k: int, n: int, settled: bool, settings: RefitSettings) -> list[int]:
    """Numbers of segments to try: the neighbours of k; while the shop settles, its double and half too."""
    near = {k - 1, k, k + 1} if settled else {k // 2, k - 1, k, k + 1, 2 * k}
    return sorted({min(max(size, settings.least), settings.most, n) for size in near})


def moved_sums(sums: Floats, X: Floats, before: Ints, after: Ints) -> Floats:
    """(K, D): the shop's sums once the visitors X (n, D) of the sample went from their segment to another.

    The total of each dimension stays: those outside the sample stay where they are, and move at their
    next visit if the margin says so.
    """
    k = len(sums)
    change = memberships(after, k) - memberships(before, k)
    return np.asarray(sums + change.T @ X)


class _Search:
    """The candidates for one sample."""

    def __init__(self, X: Floats, smoothing: float, settings: RefitSettings, seed: int) -> None:
        self._X, self._smoothing, self._settings, self._seed = X, smoothing, settings, seed

    def worth(self, fit: Fit, k: int) -> float:
        """The objective, less what its k segments have to bring."""
        objective = float(fit.objective[0])
        return objective - self._settings.growth * k * abs(objective)

    def from_scratch(self, k: int) -> Fit:
        s = self._settings
        return _best(anneal(self._X, k, s.restarts, self._smoothing, s.annealing, self._seed + k))

    def improve(self, fit: Fit, k: int) -> Fit:
        """Merge and split while it helps."""
        s = self._settings
        for round_ in range(s.rounds if k > 1 else 0):
            proposal = _best(
                propose(
                    self._X, fit.labels[0], k, self._smoothing, s.tries, s.proposal_steps, self._seed + round_
                )
            )
            if proposal.objective[0] > fit.objective[0]:
                fit = proposal
        return fit


def _best(fits: Fit) -> Fit:
    winner = int(fits.objective.argmax())
    return Fit(fits.labels[winner : winner + 1], fits.objective[winner : winner + 1])
