"""Which exposure a purchase is owed to: the last one that its visitor saw at its shop, within a window.

The job does the same event by event (`jvm/`, `LabelExposures.java`); this is for a log that is complete.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints


@dataclass(frozen=True)
class Touches:
    """n exposures, all (n,). owner : one number a visitor and shop. at_ms : event time.

    rank : decides between exposures of one owner and moment; the greatest is the last.
    """

    owner: Ints
    at_ms: Ints
    rank: Ints


def last_touch(touches: Touches, owner: Ints, at_ms: Ints, window_ms: int) -> Ints:
    """(m,): for each of m purchases the exposure it is owed to, or -1.

    That is the owner's last exposure at the purchase's time or before it, if less than `window_ms` before.
    No order is asked of either. O((n + m) log(n + m)).
    """
    n, m = len(touches.owner), len(owner)
    owners = np.concatenate([touches.owner, owner])
    times = np.concatenate([touches.at_ms, at_ms])
    ranks = np.concatenate([touches.rank, np.zeros(m, dtype=np.int64)])
    is_purchase = np.arange(n + m) >= n
    order = np.lexsort((ranks, is_purchase, times, owners))  # an exposure stands before purchases of its time
    places = np.where(is_purchase[order], -1, np.arange(n + m))
    latest = np.maximum.accumulate(places)
    found = np.where(latest >= 0, order[latest], -1)
    mine = (found >= 0) & (owners[found] == owners[order]) & (times[order] - times[found] < window_ms)
    touched = np.full(m, -1, dtype=np.int64)
    of_purchase = is_purchase[order]
    touched[order[of_purchase] - n] = np.where(mine, found, -1)[of_purchase]
    return touched


def conversions(touched: Ints, revenue: Floats, n: int) -> tuple[Floats, Floats]:
    """(converted, revenue) of n exposures: 1.0 where a purchase is owed to it, and what all of them brought.

    touched, revenue : (m,) of purchases, see `last_touch`. NaN, infinite and negative revenue counts as 0.
    """
    owed = touched >= 0
    worth = np.where(np.isfinite(revenue) & (revenue > 0), revenue, 0.0)
    count = np.bincount(touched[owed], minlength=n)
    brought = np.bincount(touched[owed], weights=worth[owed], minlength=n).astype(np.float64)
    return (count > 0).astype(np.float64), brought
