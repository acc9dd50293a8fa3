"""The storefront's client, on a real Redis."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import RedisServer
from tests.tidemark.filled_redis import AT_MS, LIVE_MS, fill
from tidemark import Tidemark


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
    assert took_s < 2


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
