"""Where learning starts: small numbers that look random and are the same for the same row, in any process."""

import numpy as np

from operators.maths.arrays import Floats, Ints

_STEP, _ONE, _TWO = (
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)


def first_weights(rows: Ints, d: int, scale: float) -> Floats:
    """(n, d), uniform with mean 0 and standard deviation `scale`: SplitMix64 (Steele et al., OOPSLA 2014) of
    row · d + column. rows : (n,), not negative; no rows give no numbers.
    """
    with np.errstate(over="ignore"):
        z = (
            rows[:, None].astype(np.uint64) * np.uint64(d) + np.arange(d, dtype=np.uint64) + np.uint64(1)
        ) * _STEP
        z = (z ^ (z >> np.uint64(30))) * _ONE
        z = (z ^ (z >> np.uint64(27))) * _TWO
        z = z ^ (z >> np.uint64(31))
    uniform = (z >> np.uint64(11)).astype(np.float64) / 2**53
    return np.asarray((2 * uniform - 1) * np.sqrt(3) * scale)
