"""What impressions read as they arrived, as one table of numbers that crosses operators and is stored."""

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.articles.article_memory import OVERLAP_POWERS
from operators.maths.articles.article_models import Statistics
from operators.maths.articles.click_rates import Counts
from schemas.article_terms import LEVELS

OTHERS = 4 + len(OVERLAP_POWERS) + LEVELS
"""Columns beside the counts: age, by reader, departure, variance, by list, and match."""


def statistics_table(statistics: Statistics) -> Floats:
    """(n, 4 H + OTHERS)."""
    counts = statistics.counts
    single = counts.age_h, statistics.by_reader, statistics.departure, statistics.variance
    return np.concatenate(
        [
            counts.shown,
            counts.clicks,
            counts.chances,
            counts.labelled,
            np.column_stack(single),
            statistics.by_list,
            statistics.match,
        ],
        axis=1,
    )


def statistics_of(table: Floats) -> Statistics:
    """Of what `statistics_table` gave."""
    H = (table.shape[1] - OTHERS) // 4
    shown, clicks, chances, labelled, rest = np.split(table, [H, 2 * H, 3 * H, 4 * H], axis=1)
    age_h, by_reader, departure, variance = rest[:, :4].T
    counts = Counts(shown, clicks, chances, labelled, age_h)
    return Statistics(counts, by_reader, rest[:, 4:-LEVELS], departure, variance, rest[:, -LEVELS:])
