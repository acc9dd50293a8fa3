"""The sink of article features as Flink calls it, on a real Redis."""

import pickle
import random
from typing import Any

import pandas as pd
import pytest

from schemas.article_features import ArticleFeatures, features_key
from schemas.avro import DecodeError
from sink_connectors.redis_address import RedisAddress
from sink_connectors.write_article_features import WriteArticleFeatures
from tests.sink_connectors.test_write_preferences import Metrics

TTL_S = 100
TEA = ArticleFeatures(
    article_id="a:{1}",
    version_ms=1_700_000_000_000,
    published_ms=1_600_000_000_000,
    seen=7,
    keywords=(("green tea", 0.75), ("绿茶", 0.5), ("k:odd", 0.25)),
    tags=(("industry:food", 1.0), ("mood:calm", 0.625), ("mood:glad", 0.375)),
)


def version(version_ms: int, seen: int, article_id: str = "a") -> ArticleFeatures:
    return ArticleFeatures(article_id, version_ms, 1, seen, ((f"{version_ms} {seen}", 0.5),), ())


def opened(url: str) -> tuple[WriteArticleFeatures, Metrics]:
    sink: WriteArticleFeatures = pickle.loads(
        pickle.dumps(WriteArticleFeatures(RedisAddress(url), "tm", 1, ttl_s=TTL_S))
    )
    metrics = Metrics()
    sink.open(metrics)
    return sink, metrics


def write(sink: WriteArticleFeatures, *articles: ArticleFeatures) -> list[bool]:
    answers: list[bool] = sink.eval(pd.Series([article.to_bytes() for article in articles])).tolist()
    return answers


def stored(redis: Any, article_id: str = "a") -> ArticleFeatures:
    return ArticleFeatures.from_json(redis.get(features_key("tm", 1, article_id)))


def test_what_is_written_is_read_back_and_ends_with_its_time_to_live(redis: Any, redis_server: str) -> None:
    sink, _ = opened(redis_server)
    assert write(sink, TEA) == [True]
    assert stored(redis, TEA.article_id) == TEA
    assert 0 < redis.ttl("tm:{article:a:{1}}:features:1") <= TTL_S
    sink.close()


def test_the_newest_version_wins_in_any_order_and_any_number_of_times(redis: Any, redis_server: str) -> None:
    sink, metrics = opened(redis_server)
    versions = [version(at, at) for at in range(1, 10)] * 2
    for seed in range(5):
        redis.delete(features_key("tm", 1, "a"))
        random.Random(seed).shuffle(versions)
        write(sink, *versions[:9])
        write(sink, *versions[9:])
        assert stored(redis) == version(9, 9)
    assert sum(metrics.values["older_descriptions"]) > 0
    sink.close()


def test_json_of_something_else_and_other_bytes_are_said() -> None:
    with pytest.raises(ValueError, match="not a description of an article"):
        ArticleFeatures.from_json("{}")
    with pytest.raises(DecodeError, match="article_features"):
        ArticleFeatures.from_bytes(b"\x02")


def test_bytes_and_json_and_back() -> None:
    assert ArticleFeatures.from_bytes(TEA.to_bytes()) == TEA
    assert ArticleFeatures.from_json(TEA.to_json()) == TEA
