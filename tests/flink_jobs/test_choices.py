"""What the job learns of choices, and what the client makes of it, against the evaluation's functions."""

import json
import time
from contextlib import closing
from typing import Any

import numpy as np
import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from operators.maths.gamma_poisson import fit_priors
from operators.maths.preferences.choice_features import Histories, features
from operators.maths.preferences.choice_model import ChoiceSettings, choice_shares
from operators.preferences.learn_choices import LearnChoices
from schemas.preference_choices import SUMMARY, FacetChoices, numbers_of
from schemas.preference_priors import SampleBuilder
from schemas.preferences import unpack
from sink_connectors.priors import PriorStore
from sink_connectors.redis_address import RedisAddress
from tests.corner import Corner, await_true
from tests.operators.keyed_state import Entries, Values
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.sink_connectors.test_write_preferences import Metrics
from tidemark import Tidemark

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
EVERY_S = 25
FACET, CODE = "category", "c"


class Looks:
    """The same looks at the same Redis, with state of its own."""

    def __init__(self, corner: Corner) -> None:
        self._schema, self._state = corner.schema, (Entries(), Entries(), Values())
        self._store = PriorStore(RedisAddress(corner.redis), corner.schema)
        self._store.open(Metrics())

    def look(self) -> dict[str, FacetChoices]:
        sample = SampleBuilder(self._schema)
        learner = LearnChoices(self._schema, ChoiceSettings(), *self._state)
        for visitors in self._store.read_sample():
            sample.add(fields for _, fields in visitors)
            learner.see(visitors)
        return learner.end(fit_priors(sample.sample()))

    def close(self) -> None:
        self._store.close()


def published(corner: Corner, facet: str) -> dict[bytes, bytes]:
    client: Any = redis_py.Redis.from_url(corner.redis)
    found: dict[bytes, bytes] = client.hgetall(corner.schema.choices_key(facet))
    return found


def summary(corner: Corner, facet: str) -> tuple[int, int, list[float]]:
    """(as of when, from how many choices, weights of the features)."""
    said = json.loads(published(corner, facet).get(SUMMARY, b"{}"))
    return said.get("at", -1), said.get("learned", -1), said.get("shared", [])


def await_next_look() -> None:
    time.sleep(EVERY_S - time.time() % EVERY_S)


def produce_between_looks(corner: Corner, events: list[dict[str, Any]], until: int) -> None:
    """So that one look sees all of it."""
    await_next_look()
    started_s = time.time()
    corner.produce(events[:until] if until == FIRST else events[FIRST:until])
    corner.await_agreement(decayed_preferences(events[:until], HALF_LIVES_MS))
    assert started_s // EVERY_S == time.time() // EVERY_S, "the machine is too slow for this test"


FIRST, ALL = 14_000, 20_000


def test_the_job_learns_what_the_evaluations_functions_learn_and_the_client_ranks_by_it(
    corner: Corner,
) -> None:
    events = complete_journey(ALL)
    corner.submit("--set", f"prior_every={EVERY_S} s")
    with closing(Looks(corner)) as looks:
        for until in (FIRST, ALL):
            produce_between_looks(corner, events, until)
            expected = looks.look()
            for facet, found in expected.items():
                assert_published(corner, facet, found)
    assert expected[FACET].learned > 500
    assert_client_ranks_by(corner, expected[FACET])


def assert_published(corner: Corner, facet: str, expected: FacetChoices) -> None:
    """All of it, to 1e-9, at the next look."""
    await_true(
        lambda: summary(corner, facet)[:2] == (expected.at_ms, expected.learned),
        EVERY_S + 20,
        lambda: f"{facet}: {summary(corner, facet)}, not {expected.at_ms, expected.learned}",
    )
    np.testing.assert_allclose(summary(corner, facet)[2], expected.shared, rtol=1e-9, atol=1e-10)
    found, fields = published(corner, facet), expected.fields()
    assert found.keys() == fields.keys()
    for name in fields.keys() - {SUMMARY}:
        np.testing.assert_allclose(unpack(found[name]), unpack(fields[name]), rtol=1e-9, atol=1e-10)


def assert_client_ranks_by(corner: Corner, model: FacetChoices) -> None:
    """Every share of some visitors, at some time, against numpy."""
    redis: Any = redis_py.Redis.from_url(corner.redis)
    at_ms = 1_484_000_000_000
    half_lives_ms = np.array(HALF_LIVES_MS, dtype=np.float64)
    with closing(Tidemark(corner.redis, timeout_s=2, namespace=corner.namespace)) as client:
        for visitor in ("1228", "2324", "nobody"):
            held = redis.hgetall(corner.schema.visitor_key(visitor))
            values, totals = numbers_of([held], CODE, model.values, len(HALF_LIVES_MS))
            at = np.array([max(at_ms, int(held.get(b"!at", 0)))])
            F = features(Histories(values, totals, at), half_lives_ms, model.shares, model.smoothing)
            expected = choice_shares(model.weights, F, model.shares)[0]
            found = client.preferences(visitor, FACET, at=at_ms, order="share", top=10**6)
            assert found.horizon == "mix"
            by_value = {item.value: item.share for item in found.items}
            shares = [by_value[value.decode()] for value in model.values]
            np.testing.assert_allclose(shares / np.sum(shares), expected, rtol=1e-9)
