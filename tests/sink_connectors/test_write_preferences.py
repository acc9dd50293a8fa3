"""The sink as Flink calls it, on a real Redis."""

import pickle
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from schemas.preferences import ERASURE_ROW, ROW_TIMES, Horizon, PreferenceSchema, retired_key, served_key
from sink_connectors.redis_address import RedisAddress
from sink_connectors.tombstones import secret_key
from sink_connectors.write_preferences import WritePreferences

SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", 1000),),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
    sample_visitors=2,
)


class Metrics:
    """Flink's metric group and its metrics, by name."""

    def __init__(self) -> None:
        self.values: dict[str, list[int]] = {}

    def get_metric_group(self) -> "Metrics":
        return self

    def counter(self, name: str) -> "Metric":
        return Metric(self.values.setdefault(name, []))

    distribution = counter


class Metric:
    def __init__(self, values: list[int]) -> None:
        self._values = values

    def update(self, value: int) -> None:
        self._values.append(value)

    def inc(self, count: int = 1) -> None:
        self._values.append(count)


def opened(url: str) -> tuple[WritePreferences, Metrics]:
    sink: WritePreferences = pickle.loads(pickle.dumps(WritePreferences(RedisAddress(url), SCHEMA)))
    metrics = Metrics()
    sink.open(metrics)
    return sink, metrics


def packed(at_ms: int, *numbers: float, since_ms: int = 1) -> bytes:
    return ROW_TIMES.pack(at_ms, since_ms) + struct.pack(">4d", *numbers)


def test_a_bundle_is_in_redis_when_the_call_returns(redis: Any, redis_server: str) -> None:
    sink, metrics = opened(redis_server)
    appended_ms = round(time.time() * 1000) - 60_000
    answer = sink.eval(
        pd.Series(["ann", "bob", "ann"]),
        pd.Series([appended_ms, appended_ms + 40_000, appended_ms + 50_000]),
        pd.Series(["soap", None, "tea"]),
        "acme",
        pd.Series([packed(1, 1.0, 2.0, 3.0, 4.0), packed(2, 0, 0, 5.0, 6.0), packed(3, 7.0, 8.0, 9.0, 10.0)]),
    )
    sink.close()
    doubles = {n: struct.pack(">d", n) for n in range(11)}
    assert redis.hgetall(SCHEMA.visitor_key("ann")) == {
        b"!at": b"3",
        b"!since": b"1",
        b"c:soap": doubles[1],
        b"c:tea": doubles[7],
        b"c": doubles[8],
        b"b:acme": doubles[9],
        b"b": doubles[10],
    }
    assert redis.hgetall(SCHEMA.visitor_key("bob")) == {
        b"!at": b"2",
        b"!since": b"1",
        b"b:acme": doubles[5],
        b"b": doubles[6],
    }
    assert redis.zcard(SCHEMA.sample_key) == 2
    assert pa.Array.from_pandas(answer, mask=answer.isnull(), type=pa.int64()).to_pylist() == [3, None, None]
    assert metrics.values["rows_a_bundle"] == [3]
    assert len(metrics.values["redis_write_ms"]) == 1
    assert sum(metrics.values["redis_retries"]) == 0
    (longest_ms,) = metrics.values["latency_ms"]
    assert 60_000 <= longest_ms < 70_000


@pytest.mark.usefixtures("redis")
def test_every_rows_times_can_be_logged(redis_server: str, tmp_path: Path) -> None:
    log = tmp_path / "latency"
    sink = WritePreferences(RedisAddress(redis_server), SCHEMA, latency_log=str(log))
    sink.open(Metrics())
    rows = pd.Series([packed(1, 1.0, 1.0, 1.0, 1.0)] * 2)
    for appended in ([5, 6], [7, 8]):
        sink.eval(pd.Series(["ann", "bob"]), pd.Series(appended), "soap", "acme", rows)
    sink.close()
    times = np.fromfile(log, dtype="int64").reshape(-1, 2)
    assert times[:, 0].tolist() == [5, 6, 7, 8]
    assert (times[:, 1] > 1_700_000_000_000).all()


def test_a_sample_that_is_full_takes_only_smaller_hashes(redis: Any, redis_server: str) -> None:
    sink, _ = opened(redis_server)
    for i in range(20):
        sink.eval(pd.Series([str(i)]), i, "soap", "acme", pd.Series([packed(i, 1.0, 1.0, 1.0, 1.0)]))
    sink.close()
    sampled = {m.decode() for m in redis.zrange(SCHEMA.sample_key, 0, -1)}
    from sink_connectors.preference_commands import hash01

    assert sampled == set(sorted(map(str, range(20)), key=hash01)[:2])


def test_readers_find_the_configuration_as_soon_as_the_sink_is_open(redis: Any, redis_server: str) -> None:
    sink, _ = opened(redis_server)
    sink.close()
    assert PreferenceSchema.from_json("tm", redis.get(SCHEMA.config_key)) == SCHEMA


def test_another_layout_in_the_same_generation_is_refused(redis: Any, redis_server: str) -> None:
    other = PreferenceSchema("tm", 1, (Horizon("live", 2000),), SCHEMA.facets, ttl_s=1)
    redis.set(SCHEMA.config_key, other.to_json())
    with pytest.raises(ValueError, match="new generation"):
        opened(redis_server)


def test_the_planner_may_not_move_it() -> None:
    assert not WritePreferences(RedisAddress("redis://localhost"), SCHEMA).is_deterministic()


def rows_of(sink: WritePreferences, visitors: list[str], rows: list[bytes]) -> None:
    facet = pd.Series([None if len(row) == ERASURE_ROW.size else "soap" for row in rows])
    sink.eval(pd.Series(visitors), 0, facet, facet, pd.Series(rows))


def test_an_erased_visitor_leaves_nothing_but_a_tombstone(redis: Any, redis_server: str) -> None:
    sink, metrics = opened(redis_server)
    old = packed(5, 1.0, 1.0, 1.0, 1.0)
    rows_of(sink, ["ann", "bob"], [old, old])
    redis.set(served_key("tm"), 2)
    redis.hset(retired_key("tm"), "3", 0)
    for generation in (2, 3):
        redis.hset(f"tm:{{ann}}:preferences:{generation}", "!at", 1)
        redis.zadd(f"tm:{{preferences:{generation}}}:sample", {"ann": 0.1, "bob": 0.2})

    rows_of(sink, ["ann"], [ERASURE_ROW.pack(5)])
    rows_of(sink, ["ann"], [old])  # as a worker that outlived its task manager would
    sink.close()

    left = {key: redis.dump(key) for key in redis.keys("*")}
    assert [key for key, value in left.items() if b"ann" in key or b"ann" in value] == []
    [tombstone] = redis.keys("tm:*:erased:*")
    assert redis.get(tombstone) == b"5"
    assert redis.zrange(SCHEMA.sample_key, 0, -1) == [b"bob"]
    assert sum(metrics.values["erasures"]) == 1
    assert sum(metrics.values["refused_as_erased"]) == 1


def test_a_visitor_who_comes_back_starts_from_nothing(redis: Any, redis_server: str) -> None:
    sink, _ = opened(redis_server)
    rows = [packed(5, 9.0, 9.0, 9.0, 9.0), ERASURE_ROW.pack(5), packed(6, 1.0, 2.0, 3.0, 4.0, since_ms=6)]
    rows_of(sink, ["ann"] * 3, rows)
    sink.close()
    assert redis.hget(SCHEMA.visitor_key("ann"), "c:soap") == struct.pack(">d", 1.0)
    assert redis.zrange(SCHEMA.sample_key, 0, -1) == [b"ann"]


def test_a_second_sink_finds_the_tombstones_of_the_first(redis: Any, redis_server: str) -> None:
    for rows in ([ERASURE_ROW.pack(5)], [packed(5, 1.0, 1.0, 1.0, 1.0)]):
        sink, _ = opened(redis_server)
        rows_of(sink, ["ann"], rows)
        sink.close()
    assert redis.keys("tm:{ann}*") == []


def test_a_redis_that_lost_everything_gets_the_same_secret_again(redis: Any, redis_server: str) -> None:
    sink, _ = opened(redis_server)
    before = redis.get(secret_key("tm"))
    redis.flushall()
    redis.function_flush()
    rows_of(sink, ["ann"], [packed(5, 1.0, 1.0, 1.0, 1.0)])
    sink.close()
    assert redis.get(secret_key("tm")) == before
