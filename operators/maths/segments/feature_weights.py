"""How much each dimension matters to an industry's segments, and to one of its shops.

Entropy-weighted k-means (Jing, Ng, Huang, IEEE TKDE 2007): w_j ∝ exp(−D_j/γ) with D_j the dispersion of
dimension j within segments. A shop's weights are shrunk towards its industry's by how much it has seen.
"""

import numpy as np

from operators.maths.arrays import Floats


def entropy_weights(dispersion: Floats, gamma: float) -> Floats:
    """(…, D) weights with mean 1. dispersion : (…, D), at least zero; gamma : in its unit, above zero.

    Large γ gives equal weights. Equation 11 of the paper, times D.
    """
    scaled = -(dispersion - dispersion.min(axis=-1, keepdims=True)) / gamma
    weight = np.exp(scaled)
    return np.asarray(weight / weight.mean(axis=-1, keepdims=True))


def shrink_to_industry(shop: Floats, industry: Floats, seen: Floats, strength: float) -> Floats:
    """(B, D) = (n w_shop + κ w_industry) / (n + κ).

    shop : (B, D). industry : (B, D) of each shop's. seen : (B,) n, visits. strength : κ > 0, in visits.
    """
    n = seen[:, None]
    return np.asarray((n * shop + strength * industry) / (n + strength))


def dispersion_within(sums: Floats, squares: Floats, weight: Floats) -> Floats:
    """(…, D) mean squared distance of members' shares from their segment's, over segments.

    sums, squares : (…, K, D) Σ of members' shares, and of their squares. weight : (…, K) members.
    A dead segment adds nothing; a shop without members has zeros.
    """
    n = np.maximum(weight, 1e-12)[..., None]
    within = np.maximum(squares - sums**2 / n, 0.0).sum(axis=-2)
    return np.asarray(within / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-12))
