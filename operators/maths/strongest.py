"""The few entries of each row that count most."""

import numpy as np

from operators.maths.arrays import Floats, Ints


def strongest(
    row: Ints, dimension: Ints, value: Floats, rows: int, most: int
) -> list[list[tuple[int, float]]]:
    """For each of `rows`, up to `most` (dimension, value) above zero, the greatest first.

    row, dimension, value : (m,), in any order.
    """
    found: list[list[tuple[int, float]]] = [[] for _ in range(rows)]
    above = np.flatnonzero(value > 0)
    order = above[np.lexsort((-value[above], row[above]))]
    of = row[order]
    rank = np.arange(len(of)) - np.searchsorted(of, of)
    for at in order[rank < most].tolist():
        found[row[at]].append((int(dimension[at]), float(value[at])))
    return found
