"""Names that outlive a refit: new segments take the names of the old ones they share most visitors with.

The assignment problem (Kuhn, 1955), solved by scipy.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from operators.maths.arrays import Floats, Ints


def match(new: Ints, old: Ints, weight: Floats, k: int) -> Ints:
    """(k,): the name, one of 0..k-1, of each new segment; a permutation that keeps the most weight.

    new, old : (n,) labels of the same visitors; an old label of -1 counts for nothing. weight : (n,).
    """
    shared = np.zeros((k, k))
    known = old >= 0
    np.add.at(shared, (new[known], old[known]), weight[known])
    return np.asarray(linear_sum_assignment(-shared)[1], dtype=np.int64)
