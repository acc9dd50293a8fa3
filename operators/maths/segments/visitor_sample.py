"""A bounded sample of a shop's visitors that needs no list of them.

Adaptive sampling (Wegman; Flajolet, Computing 1990): a visitor belongs to the sample while the hash of its
id is below the shop's threshold, which falls when the sample gets too large. Who belongs depends on the ids
and the threshold alone: samples of parts of a shop merge by the lower threshold.
"""

import numpy as np
from numpy.typing import NDArray

SHRINK = 0.9
"""Factor of the threshold when the sample is full: nine tenths stay."""


def visitor_hash(ids: NDArray[np.uint64], salt: int = 0) -> NDArray[np.float64]:
    """(n,) in [0, 1): uniform whatever the ids. splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64) + np.uint64(salt + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return np.asarray((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def fitting_threshold(hashes: NDArray[np.float64], threshold: float, capacity: int) -> float:
    """`threshold`, lowered until at most `capacity` of the sample `hashes` (n,) stay."""
    while np.count_nonzero(hashes < threshold) > capacity:
        threshold *= SHRINK
    return threshold
