"""Configuration of the job `article_scores`, read from the environment."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from flink_jobs.config import RunConfig
from flink_jobs.durations import Duration, milliseconds
from flink_jobs.kafka_source import KafkaSource
from operators.articles.score_clicks import ScoreSettings
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.reader_dimensions import ReaderSettings
from schemas import article_features
from schemas.behaviors import END_OF_TIME_MS
from schemas.event_types import EVENT_TYPES
from sink_connectors.article_commands import ScoreKeys

NO_ERASURES = timedelta(seconds=1)
"""Without any for so long, event time goes on without them."""

_READERS = ReaderSettings()


class ArticleScoresConfig(BaseSettings):
    """`TIDEMARK_SCORES_…`: how clicks on articles are predicted.

    topic, erasures_topic : of impressions and clicks, and of visitors' wishes to be forgotten.
    features_topic : of what `article_keywords` says of articles, compacted.
    attribution_window : a click counts less than so long after its list was shown; the list is learnt then.
    list_wait : so long, in event time, a list waits for the last of its impressions.
    out_of_order : an event comes so much later than newer ones at most; what is later still is left out.
    idle : a partition that brings nothing for so long holds nobody back. Longer than a job that catches up
        may read from others before it comes back to one: what that then brings would be late.
    refit_every, refit_on, refit_apart : readers' dimensions are refitted after so many lists, on the latest
        so many, no sooner than that.
    shards : groups of articles, each one call of Python a batch; fixed for as long as the state lives.
    batch_span : of a batch.
    rank_every : shops whose lists were shown get rankings so often.
    retention : an article that is shown no more, and all in Redis, goes after so long.
    generation : part of the keys in Redis; a rebuild writes a new one beside the old.
    list_log : for tests, a file on the task managers that gets every batch; see `ListLog`.
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_SCORES_", extra="ignore")

    topic: str = EVENT_TYPES["feedback"].topic
    erasures_topic: str = EVENT_TYPES["erasure"].topic
    features_topic: str = Field(article_features.TOPIC, pattern=r"^[A-Za-z0-9._-]+$")
    attribution_window: Duration = timedelta(minutes=5)
    list_wait: Duration = timedelta(seconds=2)
    out_of_order: Duration = Field(timedelta(seconds=10), le=timedelta(minutes=15))
    idle: Duration = timedelta(minutes=1)
    refit_every: int = Field(_READERS.refit_every, ge=1)
    refit_on: int = Field(_READERS.refit_on, ge=64, le=100_000)
    refit_apart: Duration = timedelta(milliseconds=_READERS.apart_ms)
    shards: int = Field(8, ge=1, le=1024)
    batch_span: Duration = timedelta(milliseconds=500)
    rank_every: Duration = timedelta(seconds=1)
    retention: Duration = timedelta(days=7)
    generation: int = Field(1, ge=1)
    list_log: str = ""
    run: RunConfig = Field(default_factory=RunConfig)

    @model_validator(mode="after")
    def _lists_are_whole_before_they_are_learnt(self) -> Self:
        if self.list_wait >= self.attribution_window:
            raise ValueError(f"list_wait {self.list_wait} is not below the window {self.attribution_window}")
        return self

    @property
    def redis_keys(self) -> ScoreKeys:
        return ScoreKeys(self.run.namespace, self.generation, milliseconds(self.retention) // 1000)

    @property
    def window_ms(self) -> int:
        return milliseconds(self.attribution_window)

    @property
    def articles(self) -> ArticleSettings:
        return ArticleSettings()

    @property
    def scores(self) -> ScoreSettings:
        return ScoreSettings(articles=self.articles)

    @property
    def readers(self) -> ReaderSettings:
        return ReaderSettings(
            refit_every=self.refit_every, refit_on=self.refit_on, apart_ms=milliseconds(self.refit_apart)
        )

    def feedback(self, group: str) -> KafkaSource:
        """In event time. A time that is none is behind everything."""
        in_time = f"CASE WHEN event_time BETWEEN 0 AND {END_OF_TIME_MS} THEN event_time ELSE 0 END"
        source = self.run.source(self.topic, "feedback", group)
        return source.model_copy(
            update={"happened": in_time, "out_of_order": self.out_of_order, "idle": self.idle}
        )

    def erasures(self, group: str) -> KafkaSource:
        """From the beginning wherever this run starts: they tell what to leave out. In event time they are
        never late, and hold nobody back."""
        source = self.run.source(self.erasures_topic, "erasure", group)
        never_late = {"start": "earliest", "happened": str(END_OF_TIME_MS), "idle": NO_ERASURES}
        return source.model_copy(update=never_late)

    def features(self, group: str) -> dict[str, str]:
        """The connector's options. From the beginning wherever this run starts: a new article's terms count
        however long ago they were said. Bodies stay as they are, for few articles are described."""
        source = self.run.source(self.features_topic, "article_features", group)
        of_avro = source.model_copy(update={"start": "earliest", "registry": ""}).options()
        return {name: value for name, value in of_avro.items() if "avro" not in name} | {"format": "raw"}
