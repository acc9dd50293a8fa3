"""Rankings for the segments of a shop: by whom its lists were read, of what was shown there lately."""

import msgspec
import numpy as np
import pytest

from operators.articles.article_news import RANKING
from operators.articles.rank_articles import (
    HALF_LIFE_MS,
    MOST_CANDIDATES,
    MOST_SEGMENTS,
    ShopLists,
    absorb_lists,
)
from operators.articles.score_clicks import ScoreSettings
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.reader_dimensions import ReaderSettings
from schemas.article_rankings import MOST_RANKED, ShopRanking
from state.shop_readers import ShopReaders
from tests.operators.articles.score_steps import ScoreSteps
from tests.synthetic_lists import batches, lists, rows

DAY_MS = round(HALF_LIFE_MS)


def some(*of: tuple[str, int, float, tuple[str, ...]]) -> ShopLists:
    """Segment, time, place of the reader in one dimension, articles."""
    segments, times, places, articles = zip(*of, strict=True)
    reader = np.array(places)[:, None]
    return ShopLists(list(segments), list(times), reader, np.full(len(of), 2.0), list(articles))


def test_a_segment_is_its_readers_those_of_a_half_life_ago_counting_half() -> None:
    shop = absorb_lists(ShopReaders.none(1), some(("a", 0, 1.0, ("x",)), ("b", 0, -1.0, ("x",))))
    shop = absorb_lists(shop, some(("a", DAY_MS, 0.25, ("y",))))
    assert shop.segments == ("a", "b")
    assert shop.lists.tolist() == [1.5, 0.5]
    assert shop.reader[:, 0].tolist() == [0.75, -0.5]
    assert (shop.history / shop.lists).tolist() == [2.0, 2.0]
    assert (shop.articles, shop.shown_ms.tolist()) == (("y", "x"), [DAY_MS, 0])


def test_lists_count_the_same_in_any_order_and_any_batches() -> None:
    dice = np.random.default_rng(1)
    given = [(f"s{i % 3}", int(dice.integers(5 * DAY_MS)), float(i), (f"x{i % 7}",)) for i in range(40)]
    together = absorb_lists(ShopReaders.none(1), some(*given))
    one_by_one = ShopReaders.none(1)
    for at in dice.permutation(40):
        one_by_one = absorb_lists(one_by_one, some(given[at]))
    order = [one_by_one.segments.index(name) for name in together.segments]
    assert one_by_one.reader[order] == pytest.approx(together.reader)
    assert one_by_one.lists[order] == pytest.approx(together.lists)
    assert dict(zip(one_by_one.articles, one_by_one.shown_ms, strict=True)) == dict(
        zip(together.articles, together.shown_ms, strict=True)
    )


def test_a_shop_stays_bounded() -> None:
    shop = ShopReaders.none(1)
    for i in range(MOST_SEGMENTS + 9):
        names = tuple(f"x{i} {n}" for n in range(30))
        shop = absorb_lists(shop, some((f"s{i}", i, 0.0, names), ("kept", i, 0.0, names)))
    assert len(shop.segments) == MOST_SEGMENTS
    assert "kept" in shop.segments
    assert len(shop.articles) == MOST_CANDIDATES
    assert shop.shown_ms.min() >= MOST_SEGMENTS + 9 - MOST_CANDIDATES // 30 - 1, "the latest stay"


def test_a_segment_gets_what_its_readers_click() -> None:
    steps = ScoreSteps(
        ScoreSettings(articles=ArticleSettings(dimensions=2)), ReaderSettings(refit_every=60, refit_on=128)
    )
    for batch in batches(rows(lists(900, seed=4)), [30]):
        list(steps.process(batch))
    [said] = list(steps.rank())
    assert said[0] == RANKING
    found = ShopRanking.from_fields("", msgspec.msgpack.decode(said[4], type=dict[bytes, bytes]))
    assert found is not None
    assert set(found.segments) == {"s0", "s1", ""}
    for parity in (0, 1):
        ranked = found.segments[f"s{parity}"]
        assert len(ranked) <= MOST_RANKED
        assert [of.score for of in ranked] == sorted((of.score for of in ranked), reverse=True)
        assert all(0 < of.low < of.score < of.high < 1 for of in ranked)
        of_their_taste = [int(of.article_id.split()[1]) % 2 == parity for of in ranked[:8]]
        assert sum(of_their_taste) >= 6, "readers of this segment click articles of its parity"
    assert not list(steps.rank()), "nothing was shown since"
