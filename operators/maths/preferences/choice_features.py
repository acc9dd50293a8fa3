"""What is known of a visitor about to choose, as features of each value: history, recency, time of the week.

Everything comes from the numbers x = log2 S + T/h that Redis holds, so a reader computes the same. The
horizon of the shortest half-life is a clock besides: h·x = T + h·log2 S is the time of the last event, late
by a few half-lives at most.

Of a value c, with c_h its decayed weight and e_h the facet's at horizon h, g its share among everybody and β
the smoothing, the share that the horizon expects is L_h = log((c_h + βg)/(e_h + β)/g) above everybody's
(Gamma-Poisson with a flat prior). L without index is that of the longest half-life. With a the age of the
value's last event and v that of the visitor's, in days, the features are, in this order:

    1;  L_h/2 of each horizon;  L·L_h/8 of each;  log v/2;  L·log v/4;  log(1 + e)/4;
    1 if ever chosen;  log a in pieces between KNOTS;  L·log a/4;  sin and cos of the week, and of the day

What a value never chosen has of age is 0: all such values differ in nothing but their share among everybody.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.decay import value_at

DAY_MS = 86_400_000
KNOTS = (0.1, 1.0, 4.0, 10.0, 25.0, 60.0)
"""Days, between which what an age says is a straight line in its logarithm."""

LEAST_DAYS = 0.05  # added to ages: an hour ago is as good as now
LONGEST_DAYS = 60.0  # since a visitor's last event; who never came has this too


@dataclass(frozen=True)
class Histories:
    """n visitors just before they choose, as of `at_ms` (n,).

    values : (H, n, C) log2 S + T/h of each value; -inf: never chosen. totals : (H, n) of the facet.
    """

    values: Floats
    totals: Floats
    at_ms: Ints

    def rows(self, which: slice) -> "Histories":
        """Some of the visitors."""
        return Histories(self.values[:, which], self.totals[:, which], self.at_ms[which])


def count_of(horizons: int) -> int:
    """K: features for so many horizons."""
    return 2 * horizons + len(KNOTS) + 9


def features(histories: Histories, half_lives_ms: Floats, everybody: Floats, smoothing: float) -> Floats:
    """(n, C, K) of each visitor and value.

    half_lives_ms : (H,). everybody : (C,) or (n, C), positive. smoothing : β, in units of weight, above zero.
    """
    h = np.asarray(half_lives_ms, dtype=np.float64)
    clock, long = int(h.argmin()), int(h.argmax())
    at = histories.at_ms[:, None]
    weights = value_at(histories.values, at, h[:, None, None])
    e = value_at(histories.totals, histories.at_ms, h[:, None])
    L = np.log((weights / everybody + smoothing) / (e[:, :, None] + smoothing))

    never = np.isneginf(histories.values[clock])
    age = _days(histories.values[clock], at, h[clock])
    log_age = np.where(never, 0.0, np.log(np.where(never, 1.0, age) + LEAST_DAYS))
    away = np.minimum(_days(histories.totals[clock], histories.at_ms, h[clock]), LONGEST_DAYS)
    log_away = np.log(away + LEAST_DAYS)[:, None]
    phases = 2 * np.pi * (at % (7 * DAY_MS)) / DAY_MS

    columns = [
        np.ones_like(L[long]),
        *(L / 2),
        *(L * L[long] / 8),
        log_away / 2,
        L[long] * log_away / 4,
        np.log1p(e[long])[:, None] / 4,
        1.0 - never,
        *_pieces(log_age, never),
        L[long] * log_age / 4,
        np.sin(phases / 7),
        np.cos(phases / 7),
        np.sin(phases),
        np.cos(phases),
    ]
    return np.stack([np.broadcast_to(column, L.shape[1:]) for column in columns], axis=-1)


def _days(x: Floats, at_ms: Ints, half_life_ms: float) -> Floats:
    """Since the last event; inf: never."""
    return np.asarray(np.maximum(at_ms - half_life_ms * x, 0.0) / DAY_MS)


def _pieces(log_age: Floats, never: Floats) -> list[Floats]:
    """How far the age reaches into each stretch between two knots; 0 for what was never chosen."""
    knots = np.log(np.array(KNOTS) + LEAST_DAYS)
    return [np.where(never, 0.0, np.clip(log_age, low, high) - low) for low, high in pairwise(knots)]
