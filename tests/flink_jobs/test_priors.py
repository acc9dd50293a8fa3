"""The priors that the job leaves in Redis, against a fit of the same purchases from the definition."""

from collections import Counter
from typing import Any

import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from schemas.preferences import unpack
from tests.corner import Corner, await_true
from tests.oracles import gamma_poisson
from tests.oracles.preferences import Visitors, decayed_preferences
from tests.real_data import complete_journey

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
TOUCHED_BY = 100


def published(corner: Corner, facet: str) -> dict[str, tuple[float, ...]]:
    """Value -> α and β of each horizon in turn."""
    client: Any = redis_py.Redis.from_url(corner.redis)
    fields: dict[bytes, bytes] = client.hgetall(corner.schema.prior_key(facet))
    return {name[1:].decode(): unpack(value) for name, value in fields.items() if name.startswith(b":")}


def offline_fit(visitors: Visitors, code: str, horizon: int) -> dict[str, tuple[float, float]]:
    """(α, β) of each value of the facet, as of the latest event."""
    sums: list[dict[str, tuple[float, float]]] = [
        {n[2:]: (s.sums[horizon], s.latest_ms) for n, s in fields.items() if n.startswith(f"{code}:")}
        for fields in visitors.values()
    ]
    at_ms = max(s.latest_ms for fields in visitors.values() for s in fields.values())
    return gamma_poisson.prior(sums, at_ms, HALF_LIVES_MS[horizon])


def test_a_bounded_run_leaves_priors_within_two_percent_of_the_offline_fit(corner: Corner) -> None:
    events = complete_journey(60_000)
    corner.produce(events)
    corner.await_state(corner.submit("--until-now"), "FINISHED")
    visitors = decayed_preferences(events, HALF_LIVES_MS)
    touched = Counter(name for fields in visitors.values() for name in fields)
    for facet, code in corner.schema.facets:
        found = published(corner, facet)
        common = [v for v in found if touched[f"{code}:{v}"] >= TOUCHED_BY]
        assert common, f"no {facet} was touched by {TOUCHED_BY} visitors: the test shows nothing"
        for horizon in range(len(HALF_LIVES_MS)):
            offline = offline_fit(visitors, code, horizon)
            for value in common:
                assert found[value][2 * horizon : 2 * horizon + 2] == pytest.approx(offline[value], rel=0.02)


def test_priors_are_refreshed_while_the_job_runs(corner: Corner) -> None:
    corner.produce(complete_journey(2_000))
    corner.submit("--set", "prior_every=2 s")
    await_true(lambda: bool(published(corner, "category")), 60, lambda: "no prior")
    before = published(corner, "category")
    corner.produce(complete_journey(6_000)[2_000:])
    await_true(lambda: published(corner, "category") != before, 30, lambda: "the prior stayed as it was")
