"""Configuration of the job `event_gate`, read from the environment."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flink_jobs.config import RunConfig
from flink_jobs.durations import Duration, milliseconds
from operators.gate.decode_messages import MessageLimits
from schemas import event_types


class EventGateConfig(BaseSettings):
    """`TIDEMARK_GATE_…`: what may pass the gate.

    topic_prefix : before the names of all its topics, such as `test.`.
    event_time_window : how much older than its arrival an event may be; `off`: any time, as replays need.
    event_time_ahead : how much newer than its arrival, since clocks differ; the window switches it off too.
    per_minute : events of one visitor a minute of event time; what exceeds it is suspect.
    max_message_bytes : larger messages are not decoded.
    bundle_rows : rows a bundle for Python at most; where messages are large, its time bounds it sooner.
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_GATE_", extra="ignore")

    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$")
    event_time_window: Duration | Literal["off"] = timedelta(days=7)
    event_time_ahead: Duration = timedelta(hours=1)
    per_minute: int = Field(60, ge=1, le=10_000)
    max_message_bytes: int = Field(131_072, ge=1024, le=1_000_000)
    bundle_rows: int = Field(10_000, ge=1)
    run: RunConfig = Field(default_factory=RunConfig)

    @field_validator("event_time_window", mode="before")
    @classmethod
    def _off_is_no_duration(cls, window: object) -> object:
        return "off" if isinstance(window, str) and window.strip().lower() == "off" else window

    @property
    def resent_topic(self) -> str:
        return self.topic_prefix + event_types.RESENT

    @property
    def limits(self) -> MessageLimits:
        """What `decode_events` holds messages against."""
        return MessageLimits(self.max_message_bytes, self.window_ms, self.ahead_ms)

    @property
    def window_ms(self) -> int | None:
        """None: any event time passes."""
        return None if self.event_time_window == "off" else milliseconds(self.event_time_window)

    @property
    def ahead_ms(self) -> int | None:
        """None: any event time passes."""
        return None if self.event_time_window == "off" else milliseconds(self.event_time_ahead)
