"""What of an article's tags and keywords is used to score it: a few hashes, in two levels."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.article_hash import article_hash

TERMS: Final = 2**13
"""Rows that terms are hashed into, tags below TERMS/2 and keywords above; those of one row count as one."""

LEVELS, WIDTH = 2, 4
"""Tags, keywords; so many of each are kept of an article, the most probable."""

Terms = NDArray[np.uint16]
"""(n, LEVELS, WIDTH) of n articles; 0: none."""


def tag_row(tag: str) -> int:
    """tag : KIND:TAG."""
    return 1 + article_hash(tag) % (TERMS // LEVELS - 1)


def keyword_row(keyword: str) -> int:
    return TERMS // LEVELS + article_hash(keyword) % (TERMS // LEVELS)


def in_levels(rows: Iterable[int]) -> Terms:
    """(LEVELS, WIDTH) of one article; what does not fit is left out."""
    found = np.zeros((LEVELS, WIDTH), dtype=np.uint16)
    filled = [0] * LEVELS
    for row in rows:
        level = row // (TERMS // LEVELS)
        if filled[level] < WIDTH:
            found[level, filled[level]] = row
            filled[level] += 1
    return found
