"""Normalised pointwise mutual information: how far words stand together more often than by chance.

Bouma (GSCL 2009), for two words; for more, pointwise total correlation with the same bounds (Van de Cruys,
DiSCo 2011).
"""

import numpy as np

from operators.maths.arrays import Floats


def npmi(together: Floats, apart: Floats, total: float) -> Floats:
    """ln(p(w1 … wL) / Π p(wi)) / (−(L − 1) ln p(w1 … wL)).

    Parameters
    ----------
    together : (m,) texts in which each phrase stands.
    apart : (m, L) texts in which each of its words stands; NaN where a phrase is shorter than L.
    total : texts in all.

    Returns
    -------
    (m,) from -1 (never together) over 0 (by chance) to 1 (never apart). A phrase of one word, one that stands
    in every text, and one with a word that no text had: 0. Counts that disagree (decayed sums, collisions of
    hashes) are clipped. Unreliable below some five texts: it is greatest for what was seen once.
    """
    length = (~np.isnan(apart)).sum(axis=1)
    known = (total > 0) & (length > 1) & (np.nan_to_num(apart, nan=1.0).min(axis=1, initial=1.0) > 0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        joint = np.log(together / total)
        chance = np.nansum(np.log(apart / total), axis=1)
        value = (joint - chance) / (-(length - 1) * joint)
    value = np.where(together > 0, np.where(joint < 0, value, 0.0), -1.0)
    return np.where(known, np.clip(np.nan_to_num(value), -1.0, 1.0), 0.0)
