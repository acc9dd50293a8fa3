"""Switching readers, taking it back, and what expires."""

import threading
import time
from contextlib import closing
from typing import Any

import pytest

from schemas.preferences import retired_key, served_key
from tests.tidemark.generations_in_redis import TTL_S, keys, schema, write
from tidemark import Tidemark
from tidemark.errors import UserError
from tidemark.promote import promote

HOUR_S = 3600


def two_generations(redis: Any, visitors: int = 3) -> None:
    write(redis, schema(1), {f"v{i}": {"c": 4, "c:tea": 4} for i in range(visitors)})
    write(redis, schema(2), {f"v{i}": {"c": 2, "c:jam": 2} for i in range(visitors)})


def served(redis: Any) -> int:
    return int(redis.get(served_key("tm")) or 1)


def ttls(redis: Any, generation: int) -> list[int]:
    return [redis.ttl(key) for key in keys(redis, generation)]


def test_readers_get_the_new_one_and_the_old_one_expires(redis: Any) -> None:
    two_generations(redis)
    new_before = ttls(redis, 2)
    done = promote(redis, "tm", 2, HOUR_S)
    assert (done.served, done.before, done.retired, done.warnings) == (2, 1, [1], [])
    assert served(redis) == 2
    assert len(ttls(redis, 1)) == 3 + 4
    assert all(HOUR_S - 5 <= ttl <= HOUR_S for ttl in ttls(redis, 1))
    assert sorted(ttls(redis, 2)) == pytest.approx(sorted(new_before), abs=2)


def test_a_key_that_goes_sooner_is_not_kept_longer(redis: Any) -> None:
    two_generations(redis)
    redis.expire(schema(1).visitor_key("v0"), 7)
    promote(redis, "tm", 2, HOUR_S)
    assert redis.ttl(schema(1).visitor_key("v0")) <= 7


def test_repeating_it_changes_nothing(redis: Any) -> None:
    two_generations(redis)
    promote(redis, "tm", 2, HOUR_S)
    gone = redis.hgetall(retired_key("tm"))
    done = promote(redis, "tm", 2, 2 * HOUR_S)
    assert (done.served, done.before) == (2, 2)
    assert redis.hgetall(retired_key("tm")) == gone
    assert all(ttl <= HOUR_S for ttl in ttls(redis, 1))


def test_repeating_it_finishes_what_was_interrupted(redis: Any) -> None:
    two_generations(redis)

    def interrupted(_what: str, _part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        promote(redis, "tm", 2, HOUR_S, interrupted)
    assert served(redis) == 2
    promote(redis, "tm", 2, HOUR_S)
    assert all(0 < ttl <= HOUR_S for ttl in ttls(redis, 1))


def test_it_can_be_taken_back_until_the_old_one_goes(redis: Any) -> None:
    two_generations(redis)
    promote(redis, "tm", 2, HOUR_S)
    done = promote(redis, "tm", 1, HOUR_S)
    assert (done.served, done.retired, served(redis)) == (1, [2], 1)
    assert redis.ttl(schema(1).config_key) == -1
    assert all(ttl > TTL_S - 5 for ttl in ttls(redis, 1) if ttl != -1)
    assert all(0 < ttl <= HOUR_S for ttl in ttls(redis, 2))
    assert set(redis.hgetall(retired_key("tm"))) == {b"2"}
    assert promote(redis, "tm", 2, HOUR_S).served == 2


def test_one_that_goes_at_once_is_refused_even_if_a_job_has_written_it_since(redis: Any) -> None:
    two_generations(redis)
    promote(redis, "tm", 2, HOUR_S)
    redis.hset(retired_key("tm"), 1, round(1000 * time.time()) + 20_000)
    redis.persist(schema(1).config_key)
    with pytest.raises(UserError, match="generation 1 has gone, or goes within 30 s"):
        promote(redis, "tm", 1, HOUR_S)
    assert served(redis) == 2
    assert promote(redis, "tm", 1, HOUR_S, force=True).served == 1


def test_the_number_of_one_that_is_gone_for_good_is_free_again(redis: Any) -> None:
    two_generations(redis)
    promote(redis, "tm", 2, HOUR_S)
    redis.delete(*keys(redis, 1))
    redis.hset(retired_key("tm"), 1, 1)
    promote(redis, "tm", 2, HOUR_S)
    write(redis, schema(1), {"ann": {"c:tea": 1}})
    assert promote(redis, "tm", 1, HOUR_S).served == 1


def test_what_a_job_still_writes_is_warned_about_and_goes_when_it_is_repeated(redis: Any) -> None:
    two_generations(redis)
    redis.expire(schema(1).visitor_key("v1"), TTL_S)
    (warning,) = promote(redis, "tm", 2, HOUR_S).warnings
    assert "generation 1 was written less than a minute ago" in warning
    redis.expire(schema(1).visitor_key("v1"), TTL_S)
    assert promote(redis, "tm", 2, HOUR_S).warnings
    assert promote(redis, "tm", 2, HOUR_S).warnings == []
    assert redis.ttl(schema(1).visitor_key("v1")) <= HOUR_S


def test_what_readers_would_miss_is_said(redis: Any) -> None:
    two_generations(redis)
    slim = schema(2, horizons=schema(1).horizons[:1], facets=schema(1).facets[:1])
    redis.set(slim.config_key, slim.to_json())
    redis.delete(slim.prior_key("category"))
    warnings = promote(redis, "tm", 2, HOUR_S).warnings
    assert [w.partition(":")[0] for w in warnings] == [
        "generation 2 has no prior of category yet",
        "generation 2 has no day",
        "generation 2 has no brand",
    ]


def test_kept_forever_nothing_expires(redis: Any) -> None:
    two_generations(redis)
    before = sorted(ttls(redis, 1))
    assert promote(redis, "tm", 2, None).retired == []
    assert sorted(ttls(redis, 1)) == pytest.approx(before, abs=2)


def test_a_generation_that_is_absent_or_empty_is_refused(redis: Any) -> None:
    write(redis, schema(1), {"ann": {"c:tea": 1}})
    write(redis, schema(3), {})
    with pytest.raises(UserError, match="no generation 2 in namespace tm; there is 1, 3"):
        promote(redis, "tm", 2, HOUR_S)
    with pytest.raises(UserError, match="generation 3 has no visitors"):
        promote(redis, "tm", 3, HOUR_S)
    assert redis.get(served_key("tm")) is None
    assert redis.ttl(schema(1).config_key) == -1


def test_two_promotions_at_once_are_one(redis: Any) -> None:
    two_generations(redis)

    def meanwhile(_what: str, _part: float) -> None:
        with pytest.raises(UserError, match="another promotion"):
            promote(redis, "tm", 1, HOUR_S)

    assert promote(redis, "tm", 2, HOUR_S, meanwhile).served == 2


def test_a_reader_sees_one_generation_or_the_other_and_never_a_gap(
    redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache's minute is 50 ms here; the old generation goes after 1 s."""
    monkeypatch.setattr("tidemark.facet_reader.CACHED_S", 0.05)
    two_generations(redis, visitors=3000)
    answers, stop = [], threading.Event()

    def read() -> None:
        with closing(Tidemark(redis_server, timeout_s=5)) as client:
            while not stop.is_set():
                for visitor in ("v0", "v2999"):
                    found = client.preferences(visitor, horizon="day")
                    answers.append((found.source, found.generation, *(i.value for i in found.items)))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    time.sleep(0.2)
    for generation, keep_s in ((2, HOUR_S), (1, HOUR_S), (2, 1)):
        promote(redis, "tm", generation, keep_s)
        time.sleep(0.3)
    time.sleep(1.2)
    stop.set()
    for reader in readers:
        reader.join()
    assert keys(redis, 1) == []
    assert set(answers) == {("visitor", 1, "tea"), ("visitor", 2, "jam")}
    assert answers[0][1] == 1
    assert answers[-1][1] == 2
