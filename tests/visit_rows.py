"""Rows of `VisitorVectors` one by one, as they were before a batch of them was gathered."""

from collections.abc import Sequence

import numpy as np

from operators.segments.visit_rows import ENTRY, HEADER, VisitRows


def rows_of_packed(
    visitors: Sequence[str],
    shops: Sequence[str],
    industries: Sequence[str],
    categories: Sequence[str],
    packed: Sequence[bytes],
) -> VisitRows:
    """Each row with its whole vector."""
    size = HEADER.itemsize
    heads = np.frombuffer(b"".join([row[:size] for row in packed]), HEADER)
    entries = np.frombuffer(b"".join([row[size:] for row in packed]), ENTRY)
    return VisitRows(visitors, shops, industries, categories, heads, entries)
