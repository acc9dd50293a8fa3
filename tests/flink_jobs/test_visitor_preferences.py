"""The job on the real stack, from Kafka to Redis, against the oracle."""

import pytest

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import Corner
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey, taobao
from tests.synthetic_events import shuffled_within_days, synthetic_events

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms


def test_purchases_shuffled_within_a_day_and_sent_twice_give_the_oracles_values(corner: Corner) -> None:
    events = complete_journey(60_000)
    corner.produce(shuffled_within_days(events) + shuffled_within_days(events, seed=12))
    job = corner.submit("--until-now")
    corner.await_state(job, "FINISHED")
    assert corner.differences(decayed_preferences(events, HALF_LIVES_MS)) == []


def test_taobao_behaviours_give_the_oracles_values(corner: Corner) -> None:
    events = taobao(40_000)
    corner.produce(events)
    job = corner.submit("--until-now")
    corner.await_state(job, "FINISHED")
    assert corner.differences(decayed_preferences(events, HALF_LIVES_MS)) == []


def test_sixty_days_of_anything_give_the_oracles_values(corner: Corner) -> None:
    events = synthetic_events(40_000)
    valid = [event for event in events if 0 <= event["event_time"] <= 4_102_444_800_000]
    corner.produce(events)
    job = corner.submit("--until-now")
    corner.await_state(job, "FINISHED")
    expected = decayed_preferences(valid, HALF_LIVES_MS)
    assert len(expected["heavy"]) > corner.schema.max_fields, (
        "no visitor has been trimmed: the test is too small"
    )
    assert corner.differences(expected) == []
