"""Which generation a storefront's client reads, on a real Redis."""

import math
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from schemas.preferences import Horizon, pack, served_key
from tests.tidemark.filled_redis import AT_MS, LIVE_MS, SCHEMA, fill
from tidemark import Tidemark


def generation_2(redis: Any, weight: float = 8) -> None:
    """Of ann, with one horizon that has another half-life, and no other visitor or prior."""
    schema = replace(SCHEMA, generation=2, horizons=(Horizon("long", LIVE_MS),))
    redis.set(schema.config_key, schema.to_json())
    number = pack(math.log2(weight) + AT_MS / LIVE_MS)
    redis.hset(schema.visitor_key("ann"), mapping={"!at": AT_MS, "c": number, "c:jam": number})


def test_a_generation_is_read_once_it_is_served_and_not_before(
    client: Tidemark, redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation_2(redis)
    assert client.preferences("ann", at=AT_MS).generation == 1
    redis.set(served_key("tm"), 2)
    assert client.preferences("ann", at=AT_MS).generation == 1, "looked up again within the minute"
    with closing(Tidemark(redis_server, timeout_s=2)) as fresh:
        assert fresh.preferences("ann", at=AT_MS).generation == 2
        assert [h.half_life_ms for h in fresh.schema().horizons] == [LIVE_MS]
    later_s = time.monotonic() + 61
    monkeypatch.setattr("tidemark.facet_reader.time.monotonic", lambda: later_s)
    found = client.preferences("ann", at=AT_MS + LIVE_MS)
    assert (found.generation, found.source, found.prior_at) == (2, "visitor", None)
    assert [i.value for i in found.items] == ["jam"]
    assert found.total == pytest.approx(4)
    assert client.preferences("nobody").items == (), "no prior of the generation before"


def test_a_facet_never_read_before_is_of_the_generation_that_all_facets_are_of_by_now(
    client: Tidemark, redis: Any
) -> None:
    generation_2(redis)
    client.preferences("ann")
    redis.set(served_key("tm"), 2)
    assert client.preferences("ann", facet="brand").generation == 2
    assert client.preferences("ann", facet="category").generation == 2


def test_a_pinned_generation_is_read_whatever_is_served(redis: Any, redis_server: str) -> None:
    fill(redis)
    generation_2(redis)
    redis.set(served_key("tm"), 2)
    with closing(Tidemark(redis_server, timeout_s=2, generation=1)) as pinned:
        assert (pinned.preferences("ann").generation, len(pinned.schema().horizons)) == (1, 2)


@pytest.mark.parametrize("served", ["7", "two"])
def test_where_the_served_generation_is_not_there_the_last_prior_is_the_answer(
    client: Tidemark, redis: Any, monkeypatch: pytest.MonkeyPatch, served: str
) -> None:
    client.preferences("ann")
    redis.set(served_key("tm"), served)
    later_s = time.monotonic() + 61
    monkeypatch.setattr("tidemark.facet_reader.time.monotonic", lambda: later_s)
    found = client.preferences("ann")
    assert (found.source, found.generation) == ("unavailable", 1)
    assert [item.value for item in found.items] == ["milk", "soap", "tea"]
    assert served in found.reason
    with pytest.raises(LookupError, match=served):
        client.schema()
