from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from flink_jobs.event_gate_config import EventGateConfig
from tidemark.errors import UserError
from tidemark.gate.checks import check_event_gate


def test_times_are_held_against_a_window_of_a_week_unless_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (EventGateConfig().window_ms, EventGateConfig().ahead_ms) == (7 * 86_400_000, 3_600_000)
    monkeypatch.setenv("TIDEMARK_GATE_EVENT_TIME_WINDOW", "30 min")
    assert EventGateConfig().event_time_window == timedelta(minutes=30)
    monkeypatch.setenv("TIDEMARK_GATE_EVENT_TIME_WINDOW", "OFF")
    assert (EventGateConfig().window_ms, EventGateConfig().ahead_ms) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_time_window": "yesterday"},
        {"event_time_window": "-1 d"},
        {"event_time_ahead": "off"},
        {"per_minute": 0},
        {"max_message_bytes": 2_000_000},
        {"bundle_rows": 0},
        {"topic_prefix": "a b"},
        {"topic_prefix": "'; DROP"},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EventGateConfig(**wrong)


def test_a_registry_is_refused_since_nobody_could_read_the_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_REGISTRY", "http://registry:8081")
    with pytest.raises(UserError, match="without schema ids: leave TIDEMARK_REGISTRY empty"):
        check_event_gate()


def test_the_prefix_stands_before_the_topics() -> None:
    assert EventGateConfig(topic_prefix="test.").resent_topic == "test.events.resent"
