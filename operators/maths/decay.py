"""Decayed sums, as one number that needs no "as of".

A sum S, as of time T, of weights that halve in each half-life h, is kept as x = log2 S + T/h. Its value at
time t is 2^(x - t/h). All sums of one half-life keep their order for ever, and x only grows.

Source: forward decay (Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009), here without a landmark.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_value(S: ArrayLike, T_ms: ArrayLike, half_life_ms: ArrayLike) -> NDArray[np.float64]:
    """x = log2 S + T/h; the arguments broadcast. S = 0 gives -inf.

    With |T/h| below 2^23 the result is exact to 1e-9.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(np.asarray(S, dtype=np.float64)) + np.divide(T_ms, half_life_ms))


def value_at(x: ArrayLike, t_ms: ArrayLike, half_life_ms: ArrayLike) -> NDArray[np.float64]:
    """S(t) = 2^(x - t/h); the arguments broadcast.

    0 from some 1 074 half-lives after the last weight on; inf for a `t_ms` some 1 024 half-lives before it.
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.exp2(np.asarray(x, dtype=np.float64) - np.divide(t_ms, half_life_ms)))
