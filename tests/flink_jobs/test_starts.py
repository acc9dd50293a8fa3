"""A job starts where it is told to."""

import time
from datetime import UTC, datetime

import pytest

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import Corner
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms


def test_from_committed_offsets_or_a_time_only_what_came_later_counts(corner: Corner) -> None:
    events = complete_journey(2_000)
    later = decayed_preferences(events[1_000:], HALF_LIVES_MS)
    corner.produce(events[:1_000])
    corner.await_state(corner.submit("--until-now"), "FINISHED")
    time.sleep(0.1)
    between = datetime.now(UTC)
    corner.produce(events[1_000:])
    for start in ("committed", between.isoformat()):
        elsewhere = corner.beside()
        elsewhere.await_state(elsewhere.submit("--until-now", "--start", start), "FINISHED")
        assert elsewhere.differences(later) == []
