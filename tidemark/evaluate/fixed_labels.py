"""Subjects whose labels stay: demographics, chance, and k-means on the first half."""

from collections.abc import Callable

import numpy as np
import pandas
from sklearn.cluster import KMeans

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.fit_segments import memberships
from tidemark.evaluate.baskets import Baskets, demographics
from tidemark.evaluate.bits import Bits, bits_of
from tidemark.evaluate.shops import Span
from tidemark.evaluate.visit_stream import VisitStream

SHRINKAGE = 20.0
"""Purchases of everybody's distribution that k-means adds to each household's: .011 bits better than none."""


def score_fixed(
    labels: Ints,
    baskets: Baskets,
    half_life_ms: int,
    smoothing: float,
    span: Span,
    tick: Callable[[], object],
) -> tuple[Bits, Bits]:
    """(prequential, frozen) bits of B label sets; labels : (B, visitors). The distributions learn daily."""
    stream = VisitStream(baskets, half_life_ms)
    segments = int(labels.max()) + 1
    members = np.swapaxes(memberships(labels, segments), 1, 2)
    prequential = frozen = Bits.none(len(labels))
    kept: Floats | None = None
    everybody = np.arange(len(baskets.households))
    for day in stream.days():
        if day.day >= span.end:
            break
        tick()
        if day.day < span.first:
            continue
        sums = members @ stream.decayed(everybody, max(day.start_ms, int(stream.since_ms.max())))
        kept = sums if kept is None else kept
        here = labels[:, day.who]
        prequential += bits_of(day.counts, day.before, sums, here, smoothing)
        frozen += bits_of(day.counts, day.before, kept, here, smoothing)
    return prequential, frozen


def by_chance(visitors: int, k: int, seeds: tuple[int, ...]) -> Ints:
    """(B, visitors)."""
    return np.array([np.random.default_rng(seed).integers(0, k, visitors) for seed in seeds])


def by_k_means(baskets: Baskets, k: int, until_day: int, seeds: tuple[int, ...]) -> Ints:
    """(B, visitors): scikit-learn's k-means on square roots of shares, which have unit length (Hellinger)."""
    seen = baskets.day < until_day
    counts = np.zeros((len(baskets.households), len(baskets.names)))
    np.add.at(counts, (baskets.visitor[seen], baskets.category[seen]), 1.0)
    counts += SHRINKAGE * counts.sum(axis=0) / counts.sum()
    roots = np.sqrt(counts / counts.sum(axis=1, keepdims=True))
    return np.array([KMeans(k, n_init=4, random_state=seed).fit_predict(roots) for seed in seeds])


def by_demographics(baskets: Baskets, columns: list[str]) -> Ints:
    """(1, visitors): the cell of each household, for example of age and income."""
    told = demographics().set_index("household_id").loc[baskets.households, columns]
    cells = pandas.factorize(pandas.Series(list(map(tuple, told.to_numpy().tolist()))))[0]
    return np.asarray(cells, dtype=np.int64)[None]
