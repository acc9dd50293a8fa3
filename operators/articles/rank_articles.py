"""Which articles a shop's segments are expected to click, of what was shown there lately; no Flink."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from operators.articles.shard_messages import Batch
from operators.maths.arrays import Floats
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.score_articles import score
from operators.maths.articles.served_articles import read_served
from operators.maths.bayesian_logistic import interval, probability
from schemas.article_rankings import MOST_RANKED, Ranked, ShopRanking
from schemas.article_scores import ServedArticles, SharedModel
from schemas.article_terms import LEVELS
from state.shop_readers import ShopReaders

HALF_LIFE_MS = 86_400_000.0
"""Of what is known of a segment's readers, in event time."""

MOST_SEGMENTS = 64
MOST_CANDIDATES = 1000
"""Articles of a shop among which is ranked: those that were shown last."""


@dataclass(frozen=True)
class ShopLists:
    """A batch's lists of one shop. segment, at_ms, reader, history : of each. articles : of each, names."""

    segment: list[str]
    at_ms: list[int]
    reader: Floats
    history: Floats
    articles: list[tuple[str, ...]]


def by_shop(batch: Batch, articles: Sequence[str]) -> Iterator[tuple[str, ShopLists]]:
    """articles : of all impressions of the batch, in their order."""
    first = np.cumsum([0, *batch.count])
    for shop in dict.fromkeys(batch.shop):
        mine = [at for at, of in enumerate(batch.shop) if of == shop]
        yield (
            shop,
            ShopLists(
                [batch.segment[at] for at in mine],
                batch.at_ms[mine].tolist(),
                batch.reader[mine],
                batch.history[mine].astype(np.float64),
                [tuple(articles[first[at] : first[at + 1]]) for at in mine],
            ),
        )


def absorb_lists(shop: ShopReaders, lists: ShopLists) -> ShopReaders:
    """The shop after some more lists, at least one; what is least of it goes where there is too much."""
    at_ms = max([shop.at_ms, *lists.at_ms])
    left = 2.0 ** (-(at_ms - shop.at_ms) / HALF_LIFE_MS)
    segments = tuple(dict.fromkeys((*shop.segments, *lists.segment)))
    place = {name: at for at, name in enumerate(segments)}
    more = len(segments) - len(shop.segments)
    sums = np.column_stack([shop.lists, shop.history, shop.reader]) * left
    sums = np.pad(sums, ((0, more), (0, 0)))
    weight = np.exp2((np.array(lists.at_ms) - at_ms) / HALF_LIFE_MS)
    new = np.column_stack([np.ones(len(weight)), lists.history, lists.reader]) * weight[:, None]
    np.add.at(sums, [place[name] for name in lists.segment], new)
    kept = np.sort(np.argsort(-sums[:, 0], kind="stable")[:MOST_SEGMENTS])
    shown = dict(zip(shop.articles, shop.shown_ms.tolist(), strict=True))
    for time, names in zip(lists.at_ms, lists.articles, strict=True):
        shown |= {name: max(time, shown.get(name, time)) for name in names}
    latest = sorted(shown, key=lambda name: -shown[name])[:MOST_CANDIDATES]
    return ShopReaders(
        tuple(segments[at] for at in kept),
        sums[kept, 0],
        sums[kept, 2:],
        sums[kept, 1],
        tuple(latest),
        np.array([shown[name] for name in latest], dtype=np.int64),
        at_ms,
    )


def ranking(
    name: str, shop: ShopReaders, packed: Mapping[str, bytes], shared: SharedModel, settings: ArticleSettings
) -> ShopRanking:
    """Articles by what a segment's mean reader is expected to do. packed : those that are known, served."""
    served = ServedArticles.unpack(list(packed.values()), len(settings.half_lives_ms), settings.dimensions)
    found: dict[str, tuple[Ranked, ...]] = {}
    nobody = np.zeros((len(packed), LEVELS))  # tastes are a reader's, not a segment's
    means = zip(shop.segments, shop.reader / shop.lists[:, None], shop.history / shop.lists, strict=True)
    for segment, reader, history in means:
        read = read_served(served, reader, nobody, shared.at_ms, settings.half_lives_ms)
        scores = score(read, round(history), shared)
        p, names = probability(scores.mean, scores.variance), list(packed)
        best = np.argsort(-p, kind="stable")[:MOST_RANKED]
        low, high = interval(scores.mean, scores.variance)
        found[segment] = tuple(
            Ranked(names[at], *(round(float(of[at]), 6) for of in (p, low, high))) for at in best
        )
    return ShopRanking(name, shared.at_ms, shared.absorbed, found)
