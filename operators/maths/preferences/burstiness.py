"""Who touches a category once touches it again: repeats say less about a visitor than first touches.

Damping counts by their logarithm (Katz, Natural Language Engineering 1996; Rennie, Shih, Teevan, Karger,
ICML 2003) stands in for a distribution of visitors that is wider than multinomial.
"""

import numpy as np

from operators.maths.arrays import Floats


def damped(counts: Floats, burstiness: float) -> Floats:
    """log(1 + b x) / b, of the shape of `counts`; at most x, and x itself at b = 0.

    counts : at least zero. burstiness : b, one over the count from which repeats lose weight, at least zero.
    """
    if not burstiness:
        return counts
    return np.asarray(np.log1p(burstiness * counts) / burstiness)
