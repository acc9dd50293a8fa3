"""Configuration of the job `article_keywords`, read from the environment."""

from datetime import timedelta

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flink_jobs.config import RunConfig
from flink_jobs.durations import Duration, milliseconds
from flink_jobs.kafka_source import KafkaSource
from operators.keywords.article_tables import DescribeSettings
from schemas.article_features import TOPIC
from schemas.event_types import EVENT_TYPES

_DEFAULTS = DescribeSettings()


class ArticleKeywordsConfig(BaseSettings):
    """`TIDEMARK_KEYWORDS_…`: what is said of an article.

    topic, features_topic : of articles, and of what is said of them; the latter compacted.
    most, threshold : keywords of an article at most, and from which probability on.
    tags_shown : of each kind, where editors said none.
    half_life : of the counts of words and of what editors chose.
    retention : descriptions in Redis and what is known of versions go so long after an article's last change.
    span : articles that arrive within it are one micro-batch; it is latency.
    generation : part of the keys in Redis.
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_KEYWORDS_", extra="ignore")

    topic: str = EVENT_TYPES["article"].topic
    features_topic: str = Field(TOPIC, pattern=r"^[A-Za-z0-9._-]+$")
    most: int = Field(_DEFAULTS.most, ge=1, le=100)
    threshold: float = Field(_DEFAULTS.threshold, gt=0, lt=1)
    tags_shown: int = Field(_DEFAULTS.tags_shown, ge=1, le=100)
    half_life: Duration = timedelta(milliseconds=_DEFAULTS.half_life_ms)
    retention: Duration = timedelta(days=30)
    span: Duration = timedelta(milliseconds=200)
    generation: int = Field(1, ge=1)
    run: RunConfig = Field(default_factory=RunConfig)

    @field_validator("span")
    @classmethod
    def _span_is_short(cls, span: timedelta) -> timedelta:
        if not timedelta(milliseconds=10) <= span <= timedelta(seconds=10):
            raise ValueError(f"span {span} is not between 10 ms and 10 s")
        return span

    @field_validator("half_life")
    @classmethod
    def _half_life_is_exact(cls, half_life: timedelta) -> timedelta:
        if half_life < timedelta(hours=1):
            raise ValueError(f"half_life {half_life} is under an hour: too few articles would count")
        return half_life

    @property
    def settings(self) -> DescribeSettings:
        """What `describe` and an evaluation go by."""
        return DescribeSettings(
            threshold=self.threshold,
            most=self.most,
            tags_shown=self.tags_shown,
            half_life_ms=float(milliseconds(self.half_life)),
        )

    def source(self, group: str) -> KafkaSource:
        """The topic of articles, from where this run starts."""
        return self.run.source(self.topic, "article", group)
