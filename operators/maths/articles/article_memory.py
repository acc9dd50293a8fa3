"""What became of an article's latest impressions, to tell how the next reader will take it.

Kernel regression of the residuals y − p of earlier impressions, p the chance k/L of a blind pick, by
similarity K of their readers and of their lists: ΣK(y − p)/(ΣK²p + 1), a one-step estimate of a log-odds
with a standard normal prior. A bounded ring an article, so its state is bounded however long it lives.
"""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.slate_sketch import Sketch, similarity

OVERLAP_POWERS = (1, 2, 4)
"""Of the lists' similarity: from any overlap to nearly the same list."""

ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Memory:
    """The last M labelled impressions of A articles; places not yet filled have chance and residual 0.

    reader : (A, M, D), unit or zero. slate : (A, M, S). residual, chance : (A, M). learnt : (A,), in all.
    """

    reader: Floats
    slate: Sketch
    residual: Floats
    chance: Floats
    learnt: Ints

    @classmethod
    def fresh(cls, articles: int, places: int, dimensions: int, sketch: int) -> "Memory":
        return cls(
            np.zeros((articles, places, dimensions), dtype=np.float32),
            np.zeros((articles, places, sketch), dtype=np.uint8),
            np.zeros((articles, places), dtype=np.float32),
            np.zeros((articles, places), dtype=np.float32),
            np.zeros(articles, dtype=np.int64),
        )


def affinity(memory: Memory, article: Ints, reader: Floats, slate: Sketch) -> tuple[Floats, Floats]:
    """(n,) by similar readers, and (n, powers) by similar lists; 0 where nothing is known.

    article : (n,). reader : (n, D). slate : (n, S).
    """
    by_reader, by_list = np.zeros(len(article)), np.zeros((len(article), len(OVERLAP_POWERS)))
    filled = int(min(memory.learnt.max(initial=0), memory.chance.shape[1]))
    for start in range(0, len(article) if filled else 0, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        near = article[rows]
        residual, chance = memory.residual[near, :filled], memory.chance[near, :filled]
        K = np.einsum("nmd,nd->nm", memory.reader[near, :filled], reader[rows])
        by_reader[rows] = _regression(K, residual, chance)
        J = similarity(memory.slate[near, :filled], slate[rows][:, None])
        by_list[rows] = np.stack(
            [_regression(J**power, residual, chance) for power in OVERLAP_POWERS], axis=1
        )
    return by_reader, by_list


def remember(
    memory: Memory, article: Ints, reader: Floats, slate: Sketch, clicked: Floats, chance: Floats
) -> Memory:
    """After the outcomes of n impressions, in their order; the oldest make room."""
    places = memory.chance.shape[1]
    nth, count = _nth(article), np.bincount(article, minlength=len(memory.learnt))
    kept = (
        nth >= count[article] - places
    )  # of more than M at once, only the last M: no place is written twice
    where = article[kept], (memory.learnt[article[kept]] + nth[kept]) % places
    found = replace(
        memory, **{n: getattr(memory, n).copy() for n in ("reader", "slate", "residual", "chance")}
    )
    found.reader[where], found.slate[where] = reader[kept], slate[kept]
    found.residual[where], found.chance[where] = (clicked - chance)[kept], chance[kept]
    return replace(found, learnt=memory.learnt + count)


def _regression(K: Floats, residual: Floats, chance: Floats) -> Floats:
    return np.asarray((K * residual).sum(axis=1) / ((K * K * chance).sum(axis=1) + 1))


def _nth(article: Ints) -> Ints:
    """(n,): how many rows of the same article come before each."""
    order = np.argsort(article, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(article[order]) != 0]) if len(article) else order
    nth = np.empty(len(article), dtype=np.int64)
    nth[order] = np.arange(len(article)) - np.repeat(first, np.diff(np.r_[first, len(article)]))
    return nth
