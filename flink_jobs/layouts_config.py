"""Configuration of the layout bandit, a part of the job `visitor_segments`'."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flink_jobs.config import RETENTION_HALF_LIVES
from flink_jobs.durations import Duration, milliseconds
from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from schemas import layouts
from schemas.event_types import EVENT_TYPES

LONGEST_WINDOW = timedelta(days=1)
"""State keeps exposures and purchases for two days: what comes up to a day late still counts."""


class LayoutsConfig(BaseModel):
    """What a conversion is, and how fast the bandit forgets.

    exposures_topic, topic : of exposures, and of what shops offer.
    attribution_window : a purchase is owed to an exposure less than so long before it.
    half_life : of a segment's exposures and conversions. affinity_half_life : of those by affinities.
    reward : what is maximised: conversions, or the revenue of an exposure.
    prior_conversions, prior_failures : of the Beta prior of a layout's rate of conversion.
    floor : least probability of a layout that is offered.
    draws : of the Monte Carlo estimate of the probabilities.
    prior_exposures, spread : of what is learned by affinities, see `LinearSettings`.
    """

    model_config = ConfigDict(extra="forbid")

    exposures_topic: str = EVENT_TYPES["exposure"].topic
    topic: str = layouts.TOPIC
    attribution_window: Duration = timedelta(minutes=30)
    half_life: Duration = timedelta(days=7)
    affinity_half_life: Duration = timedelta(days=90)
    reward: Literal["conversions", "revenue"] = "conversions"
    prior_conversions: float = Field(1.0, gt=0)
    prior_failures: float = Field(19.0, gt=0)
    floor: float = Field(0.01, ge=0, lt=0.5)
    draws: int = Field(512, ge=64, le=100_000)
    prior_exposures: float = Field(50.0, gt=0)
    spread: float = Field(0.5, gt=0)

    @field_validator("attribution_window")
    @classmethod
    def _state_outlives_the_window(cls, window: timedelta) -> timedelta:
        if window > LONGEST_WINDOW:
            raise ValueError(f"{window} is longer than {LONGEST_WINDOW}, for which exposures are surely kept")
        return window

    @property
    def bandit(self) -> BanditSettings:
        return BanditSettings(
            half_life_ms=milliseconds(self.half_life),
            prior_conversions=self.prior_conversions,
            prior_failures=self.prior_failures,
            floor=self.floor,
            draws=self.draws,
        )

    @property
    def linear(self) -> LinearSettings:
        return LinearSettings(
            half_life_ms=milliseconds(self.affinity_half_life),
            prior_exposures=self.prior_exposures,
            spread=self.spread,
            floor=self.floor,
        )

    @property
    def by_revenue(self) -> bool:
        return self.reward == "revenue"

    @property
    def window_ms(self) -> int:
        return milliseconds(self.attribution_window)

    @property
    def retention_ms(self) -> int:
        """State and policies of a shop untouched for so long go: hardly anything of it would be left."""
        return milliseconds(RETENTION_HALF_LIVES * self.half_life)
