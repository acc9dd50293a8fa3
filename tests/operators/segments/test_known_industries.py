"""An industry is read for new shops only, and once a period."""

from dataclasses import replace

import pytest

from operators.maths.segments.name_dimensions import Hashes
from operators.segments.industry_priors import industry_as_shop
from operators.segments.known_industries import KnownIndustries
from operators.segments.shop_segments import ShopSegments
from state.shop_part import ShopPart
from tests.operators.segments.shard import Shard, rows_of
from tests.operators.segments.test_industry_priors import COLD, INDUSTRY, NEW
from tests.operators.segments.test_refit_shop import shoppers

ROWS = rows_of(shoppers(6, purchases=2, shop=NEW))


class Redis:
    """What was said of industries, and what was asked; and a clock."""

    def __init__(self) -> None:
        self.said: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.now_s = 0.0

    def read(self, name: str) -> bytes | None:
        self.asked.append(name)
        return self.said.get(name)

    def say(self, purchases: int) -> None:
        shard = Shard(COLD)
        shard.learn(rows_of(shoppers(6, purchases)))
        shop = shard.shop("店")
        self.said[INDUSTRY] = ShopPart(shop.model, shop.categories).to_bytes()


@pytest.fixture
def redis() -> Redis:
    return Redis()


@pytest.fixture
def industries(redis: Redis) -> KnownIndustries:
    return KnownIndustries(redis.read, 2.0, COLD, lambda: redis.now_s)


def test_it_is_read_once_a_period(redis: Redis, industries: KnownIndustries) -> None:
    shop = ShopSegments.new(COLD).with_categories(*categories_of_rows(), COLD)
    assert industries.priors({NEW: shop}, ROWS) == {}, "nothing is known yet"
    redis.say(1)
    redis.now_s = 1.0
    assert industries.priors({NEW: shop}, ROWS) == {}
    redis.now_s = 2.5
    first = industries.priors({NEW: shop}, ROWS)[NEW](shop)
    assert first.sums.sum() == pytest.approx(6, rel=0.1)
    assert first.latest_ms == ROWS.head["at_ms"].max()
    redis.say(2)
    redis.now_s = 5.0
    assert industries.priors({NEW: shop}, ROWS)[NEW](shop).sums.sum() == pytest.approx(12, rel=0.1)
    assert redis.asked == [INDUSTRY] * 3


def categories_of_rows() -> tuple[Hashes, list[str]]:
    shard = Shard(COLD)
    shard.learn(ROWS)
    categories = shard.shop(NEW).categories
    return categories.hashes, list(categories.names)


def test_what_redis_has_lost_is_still_known(redis: Redis, industries: KnownIndustries) -> None:
    shops = {NEW: ShopSegments.new(COLD)}
    redis.say(1)
    assert industries.priors(shops, ROWS)
    redis.said.clear()
    redis.now_s = 10.0
    assert industries.priors(shops, ROWS)


def test_nothing_is_read_for_shops_that_are_not_new_nor_for_industries(
    redis: Redis, industries: KnownIndustries
) -> None:
    new = ShopSegments.new(COLD)
    old = replace(new, model=replace(new.model, seen=COLD.cold_visits))
    assert industries.priors({NEW: old}, ROWS) == {}
    as_shop = replace(ROWS, shops=[industry_as_shop(INDUSTRY)] * len(ROWS))
    assert industries.priors({industry_as_shop(INDUSTRY): new}, as_shop) == {}
    without = replace(ROWS, industries=[""] * len(ROWS))
    assert industries.priors({NEW: new}, without) == {}
    assert redis.asked == []
