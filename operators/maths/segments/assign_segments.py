"""Which segment each visitor of a micro-batch is in, how sure that is, and why.

Only a clear gain moves a visitor: nearly all of what moves without a margin is noise. While a shop settles,
the margin is small: its segments are still being found, and hysteresis would keep visitors where chance put
them.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.fit_segments import softmax
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_scores import alive, everybody, log_ratios, own_entry_scores
from operators.maths.segments.visits import Visits


@dataclass(frozen=True)
class Hysteresis:
    """When a visitor changes segment.

    margin : nats by which the other segment is better, in a shop that has settled.
    settling_margin : the same before `settling_ms` of event time after the shop's first visit.
    visits : in a row with that gain, for the same segment.
    certainty : of `Assignments.confidence`, probability ∝ exp(certainty · score): purchases repeat, so counts
        say less than as many independent choices would.
    """

    margin: float = 4.5
    settling_margin: float = 0.5
    settling_ms: int = 180 * 86_400_000
    visits: int = 1
    certainty: float = 0.5


@dataclass(frozen=True)
class Assignments:
    """Of n visits.

    segment : (n,) where the visitor is now. gain : (n,) nats by which it beats the segment before; for a new
    visitor, everybody's distribution. confidence : (n,) probability of `segment` among the living ones.
    challenger, streak : (n,) to be kept with the visitor.
    """

    segment: Ints
    gain: Floats
    confidence: Floats
    challenger: Ints
    streak: Ints


def assign_segments(
    models: SegmentModels, visits: Visits, smoothing: float, hysteresis: Hysteresis
) -> Assignments:
    """Assign the rows of a batch, each by the models before it; any number of shops in one call.

    models : decayed to the time of the batch.
    A visitor's own part is left out of its segment. A shop without events puts everybody in segment 0. A
    visitor whose segment has died moves at once.
    """
    n = np.arange(len(visits))
    fit = visit_scores(models, visits, smoothing)
    here = np.maximum(visits.segment, 0)
    best = fit.argmax(axis=1)
    gain = fit[n, best] - np.where(visits.segment < 0, 0.0, fit[n, here])

    settling = visits.at_ms - models.first_ms[visits.shop] < hysteresis.settling_ms
    clear = gain > np.where(settling, hysteresis.settling_margin, hysteresis.margin)
    wins = clear & (best != visits.segment)
    again = wins & (visits.challenger == best)
    streak = np.where(again, visits.streak + 1, wins.astype(np.int64))
    homeless = (visits.segment < 0) | np.isneginf(fit[n, here])
    moves = homeless | (wins & (streak >= hysteresis.visits))

    segment = np.where(moves, best, here)
    return Assignments(
        segment=segment,
        gain=np.where(np.isfinite(gain) & moves, gain, 0.0),
        confidence=softmax(fit * hysteresis.certainty)[n, segment],
        challenger=np.where(wins, best, -1),
        streak=np.where(moves, 0, streak),
    )


def visit_scores(models: SegmentModels, visits: Visits, smoothing: float) -> Floats:
    """(n, K) nats: `scores` of sparse rows, the own part left out of the segment each is in."""
    sums = np.maximum(models.sums, 0.0)
    at = visits.shop[visits.row]
    by_dimension = np.ascontiguousarray(np.swapaxes(log_ratios(sums, smoothing), 1, 2))  # (B, D, K)
    fit = visits.per_row(visits.taste[:, None] * by_dimension[at, visits.dimension])
    dead = ~alive(sums) & (sums.sum(axis=(1, 2)) > 0)[:, None]
    fit = np.where(dead[visits.shop], -np.inf, fit)

    member = visits.segment >= 0
    here = np.maximum(visits.segment, 0)
    own = _own_scores(sums, visits, smoothing)
    rows = np.flatnonzero(member & ~np.isneginf(fit[np.arange(len(visits)), here]))
    fit[rows, here[rows]] = own[rows]
    return fit


def _own_scores(sums: Floats, visits: Visits, smoothing: float) -> Floats:
    """(n,) nats: the fit to the own segment, touching the dimensions of the visitor only."""
    here, shop = np.maximum(visits.segment, 0), visits.shop
    whole = sums[shop[visits.row], here[visits.row], visits.dimension]
    own = np.minimum(whole, visits.before)
    rest = np.maximum(sums.sum(axis=2)[shop, here] - visits.per_row(own), 0.0)
    g = everybody(sums)[shop[visits.row], visits.dimension]
    return visits.per_row(own_entry_scores(visits.taste, own, whole, rest[visits.row], g, smoothing))


def reasons(models: SegmentModels, visits: Visits, segment: Ints, smoothing: float) -> Floats:
    """(m,) nats: what each entry of the visits speaks for `segment` (n,); their sum is the score."""
    ratio = log_ratios(np.maximum(models.sums, 0.0), smoothing)
    return np.asarray(visits.taste * ratio[visits.shop[visits.row], segment[visits.row], visits.dimension])
