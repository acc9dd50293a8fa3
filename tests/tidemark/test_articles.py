"""The storefront's ranking of articles, on a real Redis."""

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, Group, places
from operators.maths.articles.served_articles import unseen
from operators.maths.segments.dimensions import hashed_dimensions
from schemas.article_hash import article_hash
from schemas.article_readers import RECENT, ReaderAxes, RecentArticles, readers_key, recent_key
from schemas.article_scores import MODEL, ServedArticles, SharedModel, article_key, shared_key
from schemas.article_terms import LEVELS, TERMS, in_levels
from sink_connectors.redis_address import RedisAddress
from tests.redis_cluster import RedisClusterServers
from tidemark import Tidemark
from tidemark.articles import RankedArticle
from tidemark.redis_client import redis_client

NOW = 1_511_658_000_000
H, D = ArticleSettings().half_lives_ms, 2
PLACES = places(SERVED, len(H))
DEPARTURE = PLACES[Group.OWN_MODEL].start
BUCKETS = 65_536


def heeds_own_models(error: float = 0.1) -> SharedModel:
    """Log-odds: −2 and the article's departure; each weight known to `error`."""
    mean = np.zeros(max(place.stop for place in PLACES.values()))
    mean[[0, DEPARTURE]] = -2.0, 1.0
    return SharedModel(NOW, 9, mean, error**2 * np.eye(len(mean)), 0.1, H, D, 0.5)


def article(intercept: float, taste: float = 0.0, error: float = 0.3, term: int = 0) -> bytes:
    """Packed: liked by all, or by readers on the first axis; each coefficient known to `error`; of a term."""
    root = error * np.eye(D + 1)[None]
    known = replace(unseen(1, len(H), D, 0.5), mean=np.array([[intercept, taste, 0.0]]), root=root)
    return replace(known, terms=in_levels([term])[None]).pack()[0]


def fill(redis: Any) -> None:
    redis.hset(shared_key("tm", 1), mapping=heeds_own_models().fields())
    for name, packed in {"dull": article(-1.0), "good": article(1.0), "taste": article(0.0, 2.0)}.items():
        redis.hset(article_key("tm", 1, name), mapping={b"!at": NOW, b"!absorbed": 1, MODEL: packed})
    redis.hset(readers_key("tm", 1), mapping=axes(1).fields())
    redis.hset(recent_key("tm", 1, "ann"), RECENT, RecentArticles(NOW, 5, ("tea",)).to_json())


def axes(fits: int, sign: float = 1.0) -> ReaderAxes:
    """Who clicked `tea` is on the first axis, or on its other side."""
    bucket = hashed_dimensions(np.array([article_hash("tea")], dtype=np.uint64), BUCKETS)
    one = np.ones(1, dtype=np.float32)
    place = np.array([[sign, 0.0]], dtype=np.float32)
    fit = bucket.astype(np.uint32), one, place, np.zeros(2, dtype=np.float32)
    share, strength = np.zeros(TERMS, dtype=np.float32), np.full(LEVELS, 4.0, dtype=np.float32)
    share[[1, 2]] = 0.5
    return ReaderAxes(NOW, fits, BUCKETS, *fit, in_levels([1])[None], share, strength)


@pytest.fixture
def client(redis: Any, redis_server: str) -> Iterator[Tidemark]:
    fill(redis)
    client = Tidemark(redis_server, timeout_s=2)
    yield client
    client.close()


CANDIDATES = ["dull", "new", "good", "taste"]


def bounds(ranked: RankedArticle) -> tuple[float, float, float]:
    """Low, expected, high; all three are there."""
    assert ranked.low is not None
    assert ranked.probability is not None
    assert ranked.high is not None
    return ranked.low, ranked.probability, ranked.high


def names(found: Any) -> list[str]:
    return [ranked.article for ranked in found.articles]


def test_the_most_likely_to_be_clicked_is_first(client: Tidemark) -> None:
    found = client.rank_articles("nobody", CANDIDATES, explore=False, at=NOW)
    assert (found.source, found.reason, found.recent) == ("model", "", ())
    assert names(found)[0] == "good"
    assert names(found)[-1] == "dull"
    best = found.articles[0]
    assert best.propensity == 1.0
    low, middle, high = bounds(best)
    assert middle == pytest.approx(1 / (1 + np.exp(1)), abs=0.02), "σ(−2 + 1)"
    assert low < middle < high


def test_what_the_visitor_clicked_lately_has_a_say(client: Tidemark) -> None:
    by_redis = client.rank_articles("ann", CANDIDATES, explore=False, at=NOW)
    assert (names(by_redis)[0], by_redis.recent) == ("taste", ("tea",))
    by_storefront = client.rank_articles("nobody", CANDIDATES, explore=False, recent=["tea"], at=NOW)
    assert by_storefront.articles == by_redis.articles
    assert names(client.rank_articles("ann", CANDIDATES, explore=False, recent=[], at=NOW))[0] == "good"


def test_what_its_tags_say_to_this_visitor_has_a_say(client: Tidemark, redis: Any) -> None:
    """`tea` has the first term, as half of all clicks; so has one of two that are alike otherwise."""
    model = heeds_own_models()
    model.mean[PLACES[Group.MATCH]] = 1.0
    redis.hset(shared_key("tm", 1), mapping=model.fields())
    for name, term in (("other", 2), ("same", 1)):
        packed = article(0.0, term=term)
        redis.hset(article_key("tm", 1, name), mapping={b"!at": NOW, b"!absorbed": 1, MODEL: packed})
    found = client.rank_articles("ann", ["other", "same"], explore=False, at=NOW)
    assert names(found) == ["same", "other"]
    p = {ranked.article: np.log(bounds(ranked)[1] / (1 - bounds(ranked)[1])) for ranked in found.articles}
    apart = np.log((1 + 4) / (0.5 + 4)) - np.log(4 / (0.5 + 4))
    assert p["same"] - p["other"] == pytest.approx(apart, rel=0.15), "the variance shrinks it somewhat"
    anybody = client.rank_articles("nobody", ["other", "same"], explore=False, at=NOW)
    assert names(anybody) == ["other", "same"]


def test_an_article_nobody_has_seen_is_scored_by_what_all_taught_and_less_surely(client: Tidemark) -> None:
    found = {r.article: r for r in client.rank_articles("nobody", CANDIDATES, explore=False, at=NOW).articles}
    new, taste = found["new"], found["taste"]
    assert [found[name].known for name in CANDIDATES] == [True, False, True, True]
    (low, _, high), (taste_low, _, taste_high) = bounds(new), bounds(taste)
    assert high - low > taste_high - taste_low
    assert low < 1 / (1 + np.exp(2)) < high


def test_exploring_puts_articles_first_as_often_as_their_propensities_say(
    client: Tidemark, redis: Any
) -> None:
    dice = np.random.default_rng(1)
    redis.hset(article_key("tm", 1, "fair"), MODEL, article(0.95))
    several = [*CANDIDATES, "fair"]
    found = [client.rank_articles("nobody", several, random=dice, at=NOW) for _ in range(600)]
    first = Counter(names(ranking)[0] for ranking in found)
    assert len(first) > 1, "it explores"
    for name, times in first.items():
        said = [r.articles[0].propensity or 0.0 for r in found if names(r)[0] == name]
        assert times / 600 == pytest.approx(float(np.mean(said)), abs=0.06)
    assert all(0 < (r.propensity or 0) <= 1 for ranking in found for r in ranking.articles)


def test_the_same_dice_draw_the_same_order(client: Tidemark) -> None:
    one, other = (
        client.rank_articles("ann", CANDIDATES, random=np.random.default_rng(7), at=NOW) for _ in range(2)
    )
    assert one == other


def test_a_candidate_counts_once_and_none_are_no_error(client: Tidemark) -> None:
    assert sorted(names(client.rank_articles("ann", ["good", "dull", "good"], at=NOW))) == ["dull", "good"]
    assert client.rank_articles("ann", [], at=NOW).articles == ()


def test_it_is_one_round_trip_and_asks_for_what_all_share_now_and_then(client: Tidemark, redis: Any) -> None:
    client.rank_articles("ann", CANDIDATES, at=NOW)
    asked = redis.info("stats")["total_commands_processed"]
    client.rank_articles("ann", CANDIDATES, at=NOW)
    assert redis.info("stats")["total_commands_processed"] - asked == 6, "four articles, a visitor, this INFO"


def test_another_fit_of_the_readers_is_taken_whole(
    client: Tidemark, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidemark.articles.CACHED_S", 0.0)
    assert names(client.rank_articles("ann", CANDIDATES, explore=False, at=NOW))[0] == "taste"
    redis.hset(readers_key("tm", 1), mapping=axes(2, sign=-1.0).fields())
    assert names(client.rank_articles("ann", CANDIDATES, explore=False, at=NOW))[-1] == "taste"


def test_the_rates_have_decayed_until_now(redis: Any, client: Tidemark) -> None:
    mean = heeds_own_models().mean
    mean[PLACES[Group.RATES]] = 1.0
    redis.hset(shared_key("tm", 1), mapping=replace(heeds_own_models(), mean=mean).fields())
    sums = np.array([[[9.0] * 4, [9.0] * 4, [1.0] * 4, [9.0] * 4]])
    known = replace(unseen(1, 4, D, 0.5), sums=sums, at_ms=np.array([NOW]), first_ms=np.array([NOW]))
    redis.hset(article_key("tm", 1, "hot"), MODEL, known.pack()[0])
    then, later = (
        bounds(client.rank_articles("nobody", ["hot"], explore=False, at=at).articles[0])
        for at in (NOW, NOW + 48 * 3_600_000)
    )
    assert later[1] < then[1] - 0.1


def test_before_anything_was_learnt_articles_stand_as_given(redis: Any, redis_server: str) -> None:
    assert redis.dbsize() == 0
    client = Tidemark(redis_server, timeout_s=2)
    found = client.rank_articles("ann", CANDIDATES)
    client.close()
    assert (names(found), found.source) == (CANDIDATES, "unknown")
    assert {ranked.propensity for ranked in found.articles} == {None}
    assert "has the job article_scores run?" in found.reason


def test_without_redis_there_is_a_reason_instead_of_an_order() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = Tidemark(f"redis://127.0.0.1:{nobody.getsockname()[1]}", timeout_s=0.2)
        found = client.rank_articles("ann", CANDIDATES)
        client.close()
    assert (names(found), found.source) == (CANDIDATES, "unavailable")
    assert found.reason


@pytest.mark.parametrize("field", ["mean", "config"])
def test_what_cannot_be_read_is_a_reason_too(redis: Any, client: Tidemark, field: str) -> None:
    redis.hset(shared_key("tm", 1), field, b"12345678")
    found = client.rank_articles("ann", CANDIDATES)
    assert (names(found), found.source) == (CANDIDATES, "unavailable")
    assert found.reason


def test_an_article_of_another_layout_is_a_reason_too(redis: Any, client: Tidemark) -> None:
    redis.hset(article_key("tm", 1, "good"), MODEL, b"of another release")
    found = client.rank_articles("ann", CANDIDATES)
    assert (found.source, found.reason) == ("unavailable", "not articles of 4 half-lives and 2 dimensions")


def test_on_a_cluster_articles_are_read_from_whichever_nodes_have_them(
    redis_cluster: RedisClusterServers,
) -> None:
    with redis_client(RedisAddress(redis_cluster.url)) as redis:
        fill(redis)
        for i in range(20):
            redis.hset(article_key("tm", 1, f"N{i}"), MODEL, article(i / 10, error=0.0))
    client = Tidemark(redis_cluster.url, timeout_s=2)
    found = client.rank_articles("ann", [f"N{i}" for i in range(20)], explore=False, at=NOW)
    client.close()
    assert names(found) == [f"N{i}" for i in reversed(range(20))]
    assert all(ranked.known for ranked in found.articles)


def test_what_is_packed_here_is_what_the_job_packs() -> None:
    assert ServedArticles.unpack([article(1.0)], len(H), D).mean.tolist() == [[1.0, 0.0, 0.0]]
