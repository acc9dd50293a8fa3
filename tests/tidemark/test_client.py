"""The storefront's client, on a real Redis."""

import json
import math
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.preference_choices import FacetChoices
from schemas.preference_priors import FacetPrior
from schemas.preferences import Horizon, PreferenceSchema, pack, served_key
from schemas.segments import shop_profile_key, visitor_segments_key
from tests.redis_server import RedisServer
from tidemark import Tidemark
from tidemark.smoothing import smoothed_share

AT_MS = 1_700_000_000_000
LIVE_MS, LONG_MS = 1_800_000, 7_776_000_000
SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", LIVE_MS), Horizon("long", LONG_MS)),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
)
PRIOR = FacetPrior(
    at_ms=AT_MS,
    visitors=9,
    values=[b"milk", b"soap", b"tea"],
    alpha=np.array([[6.0, 6.0], [3.0, 3.0], [0.5, 1.0]]),
    beta=np.array([[10.0, 10.0], [10.0, 10.0], [10.0, 20.0]]),
    median_beta=np.array([10.0, 10.0]),
)


def kept(weight: float) -> bytes:
    """The weight as of AT_MS, at both horizons."""
    return pack(*(math.log2(weight) + AT_MS / h for h in (LIVE_MS, LONG_MS)))


def fill(redis: Any) -> None:
    redis.set(SCHEMA.config_key, SCHEMA.to_json())
    redis.hset(SCHEMA.prior_key("category"), mapping=PRIOR.fields())
    redis.hset(
        SCHEMA.visitor_key("ann"),
        mapping={
            "!at": str(AT_MS),
            "c": kept(10),
            "c:tea": kept(6),
            "c:soap": kept(3),
            "c:new:é": kept(1),
            "cc:no": b"",
        },
    )


@pytest.fixture
def client(redis: Any, redis_server: str) -> Iterator[Tidemark]:
    fill(redis)
    client = Tidemark(redis_server, timeout_s=2)
    yield client
    client.close()


def test_a_known_visitor_gets_decayed_weights_and_smoothed_shares(client: Tidemark) -> None:
    found = client.preferences("ann", at=AT_MS)
    assert [item.value for item in found.items] == ["tea", "soap", "new:é"]
    assert [item.weight for item in found.items] == pytest.approx([6, 3, 1], rel=1e-9)
    assert [item.share for item in found.items] == pytest.approx([7 / 30, 6 / 20, 1 / 20], rel=1e-9)
    assert found.total == pytest.approx(10)
    assert (found.source, found.known, found.latest_event, found.prior_at) == ("visitor", True, AT_MS, AT_MS)


def test_after_a_half_life_half_the_weight_is_left(client: Tidemark) -> None:
    found = client.preferences("ann", horizon="live", at=AT_MS + LIVE_MS, top=1)
    assert [item.value for item in found.items] == ["tea"]
    assert found.items[0].weight == pytest.approx(3)
    assert found.items[0].share == pytest.approx((3 + 0.5) / (5 + 10))


def test_what_has_faded_to_nothing_leaves_the_prior(client: Tidemark) -> None:
    found = client.preferences("ann", horizon="live", at=AT_MS + 3000 * LIVE_MS)
    assert [(i.weight, i.share) for i in found.items] == [(0, 0.3), (0, 0.05), (0, 0)]


def test_a_time_long_before_the_events_gives_shares_and_no_overflow(client: Tidemark) -> None:
    found = client.preferences("ann", horizon="live", at=0)
    assert [item.share for item in found.items] == pytest.approx([0.6, 0.3, 0.1])


def test_ordered_by_share_what_everybody_likes_has_its_place(client: Tidemark) -> None:
    found = client.preferences("ann", at=AT_MS, order="share", top=3)
    assert [(i.value, i.weight) for i in found.items[:2]] == [("soap", pytest.approx(3)), ("milk", 0)]
    assert [i.share for i in found.items] == pytest.approx([6 / 20, 6 / 20, 7 / 30])


def learn(redis: Any) -> None:
    """Of choices: who chose a value does not choose it again."""
    shared = np.zeros(19)
    shared[8] = -9.0  # of having chosen it ever
    learned = FacetChoices(
        at_ms=AT_MS,
        learned=5,
        values=[b"milk", b"soap", b"tea"],
        shares=np.array([0.6, 0.3, 0.1]),
        weights=np.tile(shared, (3, 1)),
        shared=shared,
        rest=0.1,
        smoothing=20.0,
    )
    redis.hset(SCHEMA.choices_key("category"), mapping=learned.fields())


@pytest.fixture
def mixing(redis: Any, client: Tidemark) -> Tidemark:
    learn(redis)
    return client


def test_a_mix_ranks_by_what_is_chosen_next(mixing: Tidemark) -> None:
    found = mixing.preferences("ann", at=AT_MS)
    assert found.horizon == "mix"
    assert [item.value for item in found.items] == ["soap", "tea", "new:é"]
    assert [item.weight for item in found.items] == pytest.approx([3, 6, 1])
    known = 0.3 + 0.1 + 0.1
    expected = [s * math.exp(-9) / (0.6 + known * math.exp(-9)) for s in (0.3, 0.1, 0.1)]
    assert [item.share for item in found.items] == pytest.approx(expected)
    assert found.total == pytest.approx(10)


def test_a_mix_by_share_has_what_everybody_likes(mixing: Tidemark) -> None:
    found = mixing.preferences("ann", at=AT_MS, order="share")
    assert [(i.value, i.weight) for i in found.items][:2] == [("milk", 0.0), ("soap", pytest.approx(3))]
    assert sum(item.share for item in found.items) == pytest.approx(1)


def test_an_unknown_visitor_gets_the_mix_of_everybody(mixing: Tidemark) -> None:
    found = mixing.preferences("nobody")
    assert [i.value for i in found.items] == ["milk", "soap", "tea"]
    assert [i.share for i in found.items] == pytest.approx([0.6, 0.3, 0.1])
    assert found.source == "prior"


def test_the_segment_at_a_shop_has_its_say(mixing: Tidemark, redis: Any) -> None:
    said = {"segment": 1, "sure": 0.9, "why": [], "at_ms": AT_MS, "since_ms": AT_MS}
    redis.hset(visitor_segments_key("tm", 1, "ann"), "one", json.dumps(said))
    why = [["tea", 3.0, 0.9, 0.1], ["soap", 2.0, 0.0, 0.0]]
    profile = {"segments": [{"segment": 1, "name": "tea", "share": 1.0, "why": why}]}
    redis.set(shop_profile_key("tm", 1, "one"), json.dumps(profile))
    alone, there = (mixing.preferences("ann", at=AT_MS, shop=shop) for shop in (None, "one"))
    odds = [
        {item.value: item.share for item in found.items}["tea"]
        / {item.value: item.share for item in found.items}["soap"]
        for found in (alone, there)
    ]
    assert odds[1] / odds[0] == pytest.approx(3.0)
    assert mixing.preferences("ann", at=AT_MS, shop="unknown") == alone


def test_before_anything_was_learned_a_mix_is_the_longest_horizon(client: Tidemark) -> None:
    assert client.preferences("ann", at=AT_MS) == client.preferences("ann", at=AT_MS, horizon="long")


def test_an_unknown_visitor_gets_the_prior(client: Tidemark) -> None:
    found = client.preferences("nobody")
    assert [(i.value, i.share) for i in found.items] == [("milk", 0.6), ("soap", 0.3), ("tea", 0.05)]
    assert (found.source, found.total, found.latest_event) == ("prior", 0, None)


def test_a_visitor_unknown_in_a_facet_gets_its_prior(client: Tidemark) -> None:
    found = client.preferences("ann", facet="brand")
    assert (found.items, found.source, found.prior_at) == ((), "prior", None)


def test_a_time_may_be_a_datetime_with_a_zone(client: Tidemark) -> None:
    at = datetime.fromtimestamp(AT_MS / 1000, UTC)
    assert client.preferences("ann", at=at) == client.preferences("ann", at=AT_MS)
    with pytest.raises(ValueError, match="time zone"):
        client.preferences("ann", at=at.replace(tzinfo=None))


def test_no_time_is_now(client: Tidemark) -> None:
    assert abs(client.preferences("ann").at - time.time() * 1000) < 5000


@pytest.mark.parametrize(("facet", "horizon"), [("colour", "long"), ("category", "weekly")])
def test_an_unknown_facet_or_horizon_is_the_callers_mistake(
    client: Tidemark, facet: str, horizon: str
) -> None:
    with pytest.raises(ValueError, match="there are"):
        client.preferences("ann", facet=facet, horizon=horizon)


def test_one_round_trip_and_the_prior_only_once_a_minute(client: Tidemark, redis: Any) -> None:
    redis.config_resetstat()
    for _ in range(3):
        client.preferences("ann")
    calls = {name: stats["calls"] for name, stats in redis.info("commandstats").items()}
    assert calls["cmdstat_hgetall"] == 5  # the prior, and what was learned of choices, once
    assert calls["cmdstat_get"] == 2  # the configuration, and which generation is served


def test_redis_gone_is_answered_with_the_last_prior(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    with server.client() as redis:
        fill(redis)
    client = Tidemark(server.url)
    client.preferences("ann")
    server.stop()
    found = client.preferences("ann")
    client.close()
    assert [item.value for item in found.items] == ["milk", "soap", "tea"]
    assert found.source == "unavailable"
    assert found.reason


def test_a_redis_that_hangs_is_answered_for_within_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = Tidemark(f"redis://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
        started_s = time.monotonic()
        found = client.preferences("ann")
        took_s = time.monotonic() - started_s
        client.close()
    assert (found.source, found.items) == ("unavailable", ())
    assert took_s < 0.4


def test_nothing_written_yet_is_said(redis_server: str) -> None:
    client = Tidemark(redis_server, timeout_s=2, generation=7)
    assert "generation 7" in client.preferences("ann").reason
    with pytest.raises(LookupError, match="generation 7"):
        client.schema()
    client.close()


def test_threads_may_share_a_client(client: Tidemark) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.preferences("ann", at=AT_MS), range(200)))
    assert set(answers) == {answers[0]}


def test_the_client_needs_neither_flink_nor_numpy() -> None:
    code = "import sys, tidemark; sys.exit(bool({'numpy', 'pandas', 'pyflink'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(
    e=st.floats(1e-6, 1e6),
    part=st.floats(0.001, 1),
    alpha=st.floats(0, 1e6),
    beta=st.floats(0, 1e6),
    t_ms=st.integers(-(10**6), 10**6),
)
def test_a_share_is_between_the_visitors_own_and_the_priors(
    e: float, part: float, alpha: float, beta: float, t_ms: int
) -> None:
    share = smoothed_share(math.log2(e * part), math.log2(e), t_ms, 1000, (alpha, beta))
    bounds = sorted([part, alpha / beta if beta else part])
    if beta or not alpha:
        assert bounds[0] * (1 - 1e-6) <= share <= bounds[1] * (1 + 1e-6)


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
