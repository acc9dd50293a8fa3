"""What a shop's segments are before its visitors have shown them: from its sales, or from its industry.

A prior is a model like any other, sums of pseudo-counts. It fades by the shop's own half-life and is
outweighed by the first visits, so the update is that of a maximum a posteriori estimate with forgetting.
"""

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.segment_scores import shares


def sums_from_sales(sales: Floats, segments: int, weight: float) -> Floats:
    """(K, D): one segment for each of the best-selling dimensions, the rest shared out by sales.

    Half of a segment's weight is on the dimension it starts from. sales : (D,) of the shop, any unit; what is
    not finite and positive counts as zero. weight : counts in all. A shop that sells fewer dimensions gets
    fewer segments, the others stay empty; one without sales gets zeros.
    """
    sales = np.where(np.isfinite(sales) & (sales > 0), sales, 0.0)
    sums = np.zeros((segments, len(sales)))
    if not sales.any():
        return sums
    mix = sales / sales.sum()
    best = np.argsort(-sales, kind="stable")[: min(segments, np.count_nonzero(sales))]
    size = weight * mix[best] / mix[best].sum()
    sums[: len(best)] = 0.5 * size[:, None] * mix
    sums[np.arange(len(best)), best] += 0.5 * size
    return sums


def sums_from_industry(industry: Floats, sales: Floats, weight: float, smoothing: float) -> Floats:
    """(K, D): the industry's segments, with what this shop sells.

    s_kd ∝ (s_kd/g_d of the industry) · (sales of the shop); where the shop's sales are unknown (all zero),
    the industry's own. industry : (K, D) sums over its shops. sales : (D,). weight : counts in all.
    """
    total = industry.sum()
    if not total > 0:
        return sums_from_sales(sales, len(industry), weight)
    s, g = shares(industry, smoothing)
    fine = np.where(np.isfinite(sales) & (sales > 0), sales, 0.0)
    mix = fine / fine.sum() if fine.any() else g[0]
    tilted = s / g * mix
    tilted = tilted / tilted.sum(axis=1, keepdims=True)
    return np.asarray(weight * industry.sum(axis=1, keepdims=True) / total * tilted)
