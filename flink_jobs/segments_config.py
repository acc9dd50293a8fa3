"""Configuration of the job `visitor_segments`, read from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from flink_jobs.config import RETENTION_HALF_LIVES, RunConfig, Weights
from flink_jobs.durations import Duration, milliseconds
from flink_jobs.kafka_source import KafkaSource
from flink_jobs.layouts_config import LayoutsConfig
from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.segment_models import HalfLives
from operators.maths.segments.update_segments import SegmentSettings
from operators.segments.shop_segments import ShopSettings
from schemas import behaviors
from schemas.event_types import EVENT_TYPES, SEGMENT_CHANGES
from schemas.segments import SegmentSchema


class SegmentsConfig(BaseSettings):
    """`TIDEMARK_SEGMENTS_…`: how visitors are grouped.

    topic, erasures_topic, changes_topic : behaviours and erasures in; who left and entered a segment out.
    weights : behaviour -> count of one. A purchase counts 1, so that a segment's sums are in purchases.
    long, recent, live : half-lives. The long one is the segments' memory; what a visitor did lately counts
        more often, `recent_weight` and `live_weight` times, when its segment is chosen.
    visit_gap : a visit ends with a pause of this length.
    least, most : segments of a shop.
    sample : visitors of a shop from whom its segments are sought anew.
    industry_weight : counts that a new shop's industry is worth in its segments; 0: none.
    industry_sample : share of visitors from whom industries' segments are learned.
    categories, shared_categories : of a shop with a dimension of their own; dimensions for all others.
    shards : groups of shops, each one call of Python a batch: some for each slot. batch_span : of a batch.
    hot : shop -> number of its parts, each one call of Python a batch: for shops too large for one slot.
    period : between refits and profiles of a shop.
    retention : vectors, members and Redis keys untouched for so long go.
    generation : part of the keys; a rebuild writes a new one beside the old.
    layouts : of the bandit that chooses layouts for segments, see `LayoutsConfig`.
    batch_log : for tests, a file on the task managers that gets every batch and refit; see `BatchLog`.
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_SEGMENTS_", extra="ignore")

    topic: str = behaviors.TOPIC
    erasures_topic: str = EVENT_TYPES["erasure"].topic
    changes_topic: str = SEGMENT_CHANGES
    weights: Weights = Field({"view": 0.25, "favourite": 0.5, "cart": 0.75, "purchase": 1.0}, min_length=1)
    long: Duration = timedelta(days=90)
    recent: Duration = timedelta(days=7)
    live: Duration = timedelta(minutes=30)
    recent_weight: float = Field(0.0, ge=0, le=100)
    live_weight: float = Field(0.0, ge=0, le=100)
    visit_gap: Duration = timedelta(minutes=30)
    least: int = Field(2, ge=1, le=12)
    most: int = Field(12, ge=1, le=12)
    sample: int = Field(512, ge=2, le=4096)
    industry_weight: float = Field(10_000.0, ge=0, le=1e9)
    industry_sample: float = Field(0.125, gt=0, le=1)
    categories: int = Field(448, ge=1, le=4096)
    shared_categories: int = Field(64, ge=1, le=4096)
    shards: int = Field(16, ge=1, le=1024)
    hot: dict[str, Annotated[int, Field(ge=2, le=64)]] = Field(default_factory=dict)
    batch_span: Duration = timedelta(milliseconds=200)
    period: Duration = timedelta(seconds=2)
    retention: Duration | None = None
    generation: int = Field(1, ge=1)
    layouts: LayoutsConfig = Field(default_factory=LayoutsConfig)
    batch_log: str = ""
    run: RunConfig = Field(default_factory=RunConfig)

    @property
    def redis_schema(self) -> SegmentSchema:
        return SegmentSchema(self.run.namespace, self.generation, milliseconds(self.retained()) // 1000)

    @property
    def half_lives_ms(self) -> tuple[int, ...]:
        """The long one first, as the vectors have them."""
        return milliseconds(self.long), milliseconds(self.recent), milliseconds(self.live)

    @property
    def horizon_weights(self) -> tuple[float, ...]:
        return 1.0, self.recent_weight, self.live_weight

    @property
    def shop_settings(self) -> ShopSettings:
        return ShopSettings(
            segments=SegmentSettings(
                half_lives=HalfLives(long_ms=milliseconds(self.long), recent_ms=milliseconds(self.recent))
            ),
            refits=RefitSettings(least=self.least, most=self.most),
            own=self.categories,
            shared=self.shared_categories,
            sample=self.sample,
            tell_again_ms=milliseconds(self.retained()) // 2,
            industry_weight=self.industry_weight,
        )

    def behaviors(self, group: str) -> KafkaSource:
        return self.run.source(self.topic, "behavior", group)

    def exposures(self, group: str) -> KafkaSource:
        return self.run.source(self.layouts.exposures_topic, "exposure", group)

    def erasures(self, group: str) -> KafkaSource:
        """From the beginning wherever this run starts: they tell what to leave out."""
        return _whole(self.run.source(self.erasures_topic, "erasure", group))

    def shop_layouts(self, group: str) -> KafkaSource:
        """From the beginning wherever this run starts: what a shop said last holds."""
        return _whole(self.run.source(self.layouts.topic, "layouts", group))

    def retained(self) -> timedelta:
        """How long untouched state and keys live."""
        return self.retention or RETENTION_HALF_LIVES * self.long


def _whole(source: KafkaSource) -> KafkaSource:
    return source.model_copy(update={"start": "earliest"})
