"""Whether the values of a window have changed: ADWIN (Bifet and Gavaldà, SDM 2007), on all its cuts.

The paper's ADWIN2 keeps buckets to save memory; a window of some hundreds is kept whole here, as its ADWIN0,
and all cuts are looked at side by side.
"""

import numpy as np

from operators.maths.arrays import Floats

LEAST = 5
"""Values on either side of a cut."""


def cut(window: Floats, delta: float) -> tuple[int, float]:
    """(how many of the oldest values to drop, mean after less mean before that cut); (0, 0.0) without change.

    The cut is the one that exceeds its bound (section 3.1, with the variance) the most.

    window : (n,) the oldest first, of range 1: the bound assumes it. delta : probability of a false alarm at
        one look, in (0, 1).
    """
    n = len(window)
    if n < 2 * LEAST:
        return 0, 0.0
    before = np.arange(LEAST, n - LEAST + 1)
    after = n - before
    sums = np.cumsum(window)
    mean_before = sums[before - 1] / before
    mean_after = (sums[-1] - sums[before - 1]) / after
    harmonic = 1 / (1 / before + 1 / after)
    log_term = np.log(2 * np.log(n) / delta)
    bound = np.sqrt(2 / harmonic * window.var() * log_term) + 2 / (3 * harmonic) * log_term
    excess = np.abs(mean_before - mean_after) - bound
    at = int(excess.argmax())
    if excess[at] <= 0:
        return 0, 0.0
    return int(before[at]), float(mean_after[at] - mean_before[at])
