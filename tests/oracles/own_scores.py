"""The fit of visitors to their own segment with their part left out of it, dense, from the definition."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def own_score(x: Floats, y: Floats, own: Floats, total: Floats, smoothing: float) -> float:
    """Nats; x, y, own, total : (D,) what is scored, its part, the sums of its segment and of its shop."""
    g = (total + 1e-9) / (total + 1e-9).sum()
    s = np.maximum(own - y, 0) + smoothing * g
    return float((x * np.log(s / s.sum() / g)).sum())
