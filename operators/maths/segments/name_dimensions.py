"""Which dimension each category of each shop is: one of its own while there is room, else a shared one."""

import numpy as np
from numpy.typing import NDArray

from operators.maths.arrays import Ints

Hashes = NDArray[np.uint64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: makes one key of a shop's place in the batch and a category's hash."""


def name_dimensions(shop: Ints, category: Hashes, known: list[Hashes], own: int, shared: int) -> Ints:
    """(m,) dimension of each category.

    shop : (m,) places in `known`. category : (m,) hashes. known : of each shop, the hashes that have
    dimensions of their own, in order; at most `own`. Any other gets one of `shared`, behind those, by its
    hash: they blur, and none is lost.
    """
    sizes = np.array([len(hashes) for hashes in known])
    keys = _keys(np.repeat(np.arange(len(known)), sizes), np.concatenate([*known, np.zeros(0, np.uint64)]))
    places = np.concatenate([*(np.arange(size) for size in sizes), np.zeros(0, np.int64)])
    order = np.argsort(keys)
    keys, places = keys[order], places[order]
    wanted = _keys(shop, category)
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    found = keys[at] == wanted if len(keys) else np.zeros(len(wanted), dtype=bool)
    blurred = own + (category % np.uint64(shared)).astype(np.int64)
    return np.where(found, places[at] if len(keys) else 0, blurred)


def _keys(shop: Ints, category: Hashes) -> Hashes:
    with np.errstate(over="ignore"):
        return category ^ (shop.astype(np.uint64) * _SPREAD)
