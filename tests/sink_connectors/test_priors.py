"""From written preferences to published priors, on a real Redis."""

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from operators.maths.gamma_poisson import fit_priors
from schemas.preference_choices import FacetChoices, numbers_of
from schemas.preference_priors import PreferenceSample, SampleBuilder
from schemas.preferences import Horizon, PreferenceSchema, unpack
from sink_connectors.priors import PriorStore
from sink_connectors.redis_address import RedisAddress
from sink_connectors.write_preferences import WritePreferences
from tests.oracles import gamma_poisson as oracle
from tests.sink_connectors.test_write_preferences import Metrics

HALF_LIFE_MS = 1_000_000
SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", HALF_LIFE_MS),),
    facets=(("category", "c"),),
    ttl_s=100,
)
AT_MS = 10**9


@pytest.fixture
def store(redis_server: str) -> Iterator[PriorStore]:
    store = PriorStore(RedisAddress(redis_server), SCHEMA)
    store.open(Metrics())
    yield store
    store.close()


def sample(store: PriorStore) -> PreferenceSample:
    builder = SampleBuilder(SCHEMA)
    for visitors in store.read_sample():
        builder.add(fields for _, fields in visitors)
    return builder.sample()


def write(url: str, visitors: dict[str, dict[str, tuple[float, float]]]) -> None:
    """visitors : id -> value -> (x of the value, x of the total)."""
    rows = [(v, value, x) for v, values in visitors.items() for value, x in values.items()]
    sink = WritePreferences(RedisAddress(url), SCHEMA)
    sink.open(Metrics())
    sink.eval(
        pd.Series([v for v, _, _ in rows]),
        AT_MS,
        pd.Series([value for _, value, _ in rows]),
        pd.Series([struct.pack(">qqdd", AT_MS, AT_MS, *x) for _, _, x in rows]),
    )
    sink.close()


def test_what_was_written_comes_back_as_priors(redis: Any, redis_server: str, store: PriorStore) -> None:
    t = AT_MS / HALF_LIFE_MS
    write(redis_server, {str(i): {"é:": (i % 5 + t, 8 + t), "tea": (7 + t, 8 + t)} for i in range(300)})
    priors = fit_priors(sample(store))
    store.publish(priors, {})
    c, e = [2.0 ** (i % 5) for i in range(300)], [256.0] * 300
    published = redis.hgetall(SCHEMA.prior_key("category"))
    assert published.keys() == {b"!", ":é:".encode(), b":tea"}
    assert unpack(published[":é:".encode()]) == pytest.approx(oracle.moments(c, e), rel=1e-9)
    assert priors["category"].visitors == 300
    assert priors["category"].at_ms == AT_MS
    assert 0 < redis.ttl(SCHEMA.prior_key("category")) <= SCHEMA.ttl_s


def test_a_prior_is_replaced_whole(redis: Any, redis_server: str, store: PriorStore) -> None:
    redis.hset(SCHEMA.prior_key("category"), ":gone", b"")
    write(redis_server, {"ann": {"tea": (1000.0, 1000.0)}})
    store.publish(fit_priors(sample(store)), {})
    assert redis.hkeys(SCHEMA.prior_key("category")) == [b"!", b":tea"]


def test_visitors_who_are_gone_leave_the_sample(redis: Any, redis_server: str, store: PriorStore) -> None:
    write(redis_server, {v: {"tea": (1000.0, 1000.0)} for v in ("ann", "bob")})
    redis.delete(SCHEMA.visitor_key("ann"))
    assert len(sample(store).facets["category"].totals) == 1
    assert redis.zrange(SCHEMA.sample_key, 0, -1) == [b"bob"]


def test_without_visitors_there_is_an_empty_prior(redis: Any, store: PriorStore) -> None:
    store.publish(fit_priors(sample(store)), {})
    assert redis.hkeys(SCHEMA.prior_key("category")) == [b"!"]


def test_choice_models_stand_beside_the_priors(redis: Any, redis_server: str, store: PriorStore) -> None:
    write(redis_server, {"ann": {"tea": (1000.0, 1001.0)}, "bob": {"é:": (990.0, 999.0)}})
    parts = list(store.read_sample())
    held = {visitor: fields for part in parts for visitor, fields in part}
    values, totals = numbers_of([held["ann"], held["bob"]], "c", [b"tea", "é:".encode()], 1)
    np.testing.assert_array_equal(values, [[[1000.0, -np.inf], [-np.inf, 990.0]]])
    np.testing.assert_array_equal(totals, [[1001.0, 999.0]])

    found = FacetChoices(
        at_ms=AT_MS,
        learned=3,
        values=["é:".encode()],
        shares=np.array([1.0]),
        weights=np.array([[0.5, -0.25]]),
        shared=np.array([1.0, 2.0]),
        rest=0.125,
        smoothing=20.0,
    )
    store.publish({}, {"category": found})
    published = redis.hgetall(SCHEMA.choices_key("category"))
    assert published.keys() == {b"!", ":é:".encode()}
    assert unpack(published[":é:".encode()]) == (1.0, 0.5, -0.25)
    assert json.loads(published[b"!"]) == {
        "at": AT_MS, "learned": 3, "shared": [1.0, 2.0], "rest": 0.125, "smoothing": 20.0,
    }  # fmt: skip
    assert 0 < redis.ttl(SCHEMA.choices_key("category")) <= SCHEMA.ttl_s
