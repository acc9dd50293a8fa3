"""What the events of one micro-batch come to: one row a visitor and shop, its vector before and after.

A row of the stream has the visitor's vector with its event; the last of a visitor's rows has all of it. What
the batch added is decayed to that moment, and what was there before is the difference, so nothing is lost or
counted twice however events fall into batches.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints


@dataclass(frozen=True)
class Collapsed:
    """m entries of g visits, ascending by visit and, within, by dimension; each pair once."""

    row: Ints
    dimension: Ints
    taste: Floats
    before: Floats
    added: Floats


def last_and_first(group: Ints, groups: int) -> tuple[Ints, Ints]:
    """(groups,) each: the last and the first row of every group. group : (n,) of each row; none is empty."""
    rows = np.arange(len(group))
    last, first = np.zeros(groups, dtype=np.int64), np.zeros(groups, dtype=np.int64)
    last[group] = rows
    first[group[::-1]] = rows[::-1]
    return last, first


def collapse(
    row: Ints,
    dimension: Ints,
    long: Floats,
    others: Floats,
    added_row: Ints,
    added_dimension: Ints,
    added: Floats,
    dimensions: int,
) -> Collapsed:
    """Join the vectors after the batch with what it added.

    row, dimension, long, others : (p,) entries of the visits' last vectors: decayed counts at the long
    half-life, and what the other horizons add to the taste. added_row, added_dimension, added : (q,) counts
    that single events brought, decayed to their visit's last moment. Dimensions may repeat: they share.
    """
    keys = np.concatenate([row, added_row]) * dimensions + np.concatenate([dimension, added_dimension])
    unique, place = np.unique(keys, return_inverse=True)

    def summed(of_vectors: Floats, of_events: Floats) -> Floats:
        weights = np.concatenate([of_vectors, of_events])
        return np.asarray(np.bincount(place, weights=weights, minlength=len(unique)), dtype=np.float64)

    nothing, no_entry = np.zeros(len(added)), np.zeros(len(row))
    after, new = summed(long, nothing), summed(no_entry, added)
    return Collapsed(
        row=unique // dimensions,
        dimension=unique % dimensions,
        taste=after + summed(others, nothing),
        before=np.maximum(after - new, 0.0),
        added=new,
    )
