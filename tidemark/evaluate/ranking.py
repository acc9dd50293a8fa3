"""Recall@10 and NDCG@10 of ranked values against the distinct categories of a basket."""

import numpy as np

from operators.maths.arrays import Floats

TOP = 10


def ranking_sums(scores: Floats, bought: Floats) -> Floats:
    """(recall@10, NDCG@10, 1) summed over n baskets of at least one category.

    Recall is the share found of the most that ten places can hold; NDCG discounts by log2 of the place
    (Järvelin and Kekäläinen, 2002). scores, bought : (n, C); ties go to the lower index.
    """
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    hit = np.take_along_axis(bought, ranked, axis=1) > 0
    discount = 1 / np.log2(np.arange(2, TOP + 2))
    possible = np.minimum((bought > 0).sum(axis=1), TOP)
    ideal = np.cumsum(discount)[possible - 1]
    return np.array([(hit.sum(axis=1) / possible).sum(), ((hit @ discount) / ideal).sum(), len(scores)])
