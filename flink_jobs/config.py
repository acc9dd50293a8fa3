"""Configuration of the jobs, read from the environment; `tidemark submit` sets and prints the variables."""

import os
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from flink_jobs.durations import Duration, milliseconds
from flink_jobs.kafka_access import PREFIX, KafkaAccess
from flink_jobs.kafka_source import KafkaSource
from operators.preferences.facets import FACETS
from schemas import behaviors
from schemas.event_types import EVENT_TYPES
from schemas.preferences import MIX, Horizon, PreferenceSchema
from sink_connectors.redis_address import RedisAddress

SHORTEST_HALF_LIFE = timedelta(minutes=10)
"""Below, log2 S + T/h loses more than 1e-9 before 2100: T/h must stay under 2^23 (h = 489 s then)."""

RETENTION_HALF_LIVES = 10
"""What was untouched for ten half-lives of the longest horizon is a thousandth of itself: negligible."""


MAX_PARALLELISM = 720
"""Key groups of keyed state, fixed for as long as the state lives; 30 numbers of slots divide it evenly."""


def _kafka(bootstrap: Any) -> Any:
    """An address and the variables that say how it is reached; anything else is left to pydantic."""
    if not isinstance(bootstrap, str):
        return bootstrap
    return KafkaAccess.from_variables({**os.environ, **({PREFIX: bootstrap} if bootstrap else {})})


def _positive(weights: dict[str, float]) -> dict[str, float]:
    for behavior, weight in weights.items():
        if behavior not in behaviors.BEHAVIORS:
            raise ValueError(f"{behavior!r} is none of {', '.join(behaviors.BEHAVIORS)}")
        if not 0 < weight < float("inf"):
            raise ValueError(f"weight of {behavior!r} is {weight}; it must be above zero and finite")
    return weights


Weights = Annotated[dict[str, float], AfterValidator(_positive)]
"""Behaviour -> weight of one, above zero."""

Kafka = Annotated[KafkaAccess, NoDecode, BeforeValidator(_kafka)]


class RunConfig(BaseSettings):
    """`TIDEMARK_…`: addresses, start and end, and how rows are bundled. The same for every job.

    kafka : `TIDEMARK_KAFKA`, with the `TIDEMARK_KAFKA_…` that belong to it; see `KafkaAccess`.
    redis, redis_password_file, redis_ca : see `RedisAddress`; the files are those of the task managers.
    erasure_key_file : on the task managers, holds what keys the hash of erased visitors' ids; empty: Redis
        keeps one. See `sink_connectors/tombstones.py`.
    registry : schema registry; empty: raw Avro.
    namespace : first part of every Redis key.
    start, until_now : see `KafkaSource`.
    bundle_time, bundle_rows : a bundle of rows goes to Python when it is this old or this large.
    latency_log : for measurements, a file on the task managers that gets every row's times; see
        `WritePreferences`.
    """

    model_config = SettingsConfigDict(
        env_prefix="TIDEMARK_", extra="ignore", hide_input_in_errors=True
    )  # or a trace would show passwords

    kafka: Kafka = Field(default_factory=lambda: _kafka(""))
    redis: str = "redis://127.0.0.1:6379"
    redis_password_file: str = ""
    redis_ca: str = ""
    erasure_key_file: str = ""
    registry: str = ""
    namespace: str = Field("tm", pattern=r"^[^{}:\s]+$")
    start: str = "earliest"
    until_now: bool = False
    bundle_time: Duration = timedelta(milliseconds=100)
    bundle_rows: int = Field(10_000, ge=1)
    parallelism: int = Field(1, ge=1, le=MAX_PARALLELISM)
    latency_log: str = ""

    @field_validator("redis")
    @classmethod
    def _redis_is_a_url(cls, redis: str) -> str:
        RedisAddress(redis)
        return redis

    @property
    def redis_address(self) -> RedisAddress:
        return RedisAddress(self.redis, self.redis_password_file, self.redis_ca)

    def source(self, topic: str, schema_name: str, group: str) -> KafkaSource:
        """A topic read from where this run starts to where it ends."""
        return KafkaSource(
            topic=topic,
            schema_name=schema_name,
            kafka=self.kafka,
            group=group,
            start=self.start,
            until_now=self.until_now,
            registry=self.registry,
        )


class VisitorPreferencesConfig(BaseSettings):
    """`TIDEMARK_PREFERENCES_…`: what a preference is.

    topic, erasures_topic : of behaviours, and of visitors' wishes to be forgotten.
    horizons : name -> half-life.
    weights : behaviour -> weight of one, above zero; a behaviour that is not named does not count.
    facets : what of an item can be preferred, of `operators.preferences.facets.FACETS`.
    price_bands : ascending bounds between the bands of the facet `price_band`, in the events' currency.
    keep : values per visitor, facet and horizon that Redis holds at the least.
    retention : state and Redis keys untouched for so long go; None: ten half-lives of the longest horizon.
    generation : part of the keys; a rebuild writes a new one beside the old.
    sample_visitors : visitors (those of smallest hash) from whom the priors are estimated.
    prior_every : how often.
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_PREFERENCES_", extra="ignore")

    topic: str = behaviors.TOPIC
    erasures_topic: str = EVENT_TYPES["erasure"].topic
    horizons: dict[str, Duration] = Field(
        {"live": timedelta(minutes=30), "recent": timedelta(days=7), "long": timedelta(days=90)}, min_length=1
    )
    weights: Weights = Field({"view": 1.0, "favourite": 2.0, "cart": 3.0, "purchase": 4.0}, min_length=1)
    facets: tuple[str, ...] = Field(("category", "brand", "price_band"), min_length=1)
    price_bands: tuple[float, ...] = Field((1, 2, 5, 10, 20, 50, 100, 200, 500, 1000), min_length=1)
    keep: int = Field(50, ge=1, le=1000)
    retention: Duration | None = None
    generation: int = Field(1, ge=1)
    sample_visitors: int = Field(4096, ge=2)
    prior_every: Duration = timedelta(minutes=1)
    run: RunConfig = Field(default_factory=RunConfig)

    @field_validator("horizons")
    @classmethod
    def _half_lives_are_exact(cls, horizons: dict[str, timedelta]) -> dict[str, timedelta]:
        for name, half_life in horizons.items():
            if name == MIX:
                raise ValueError(f"no horizon can be called {name!r}: readers mean all of them by it")
            if half_life < SHORTEST_HALF_LIFE:
                raise ValueError(
                    f"half-life of {name!r} is {half_life}; under 10 minutes values lose precision"
                )
        return horizons

    @field_validator("facets")
    @classmethod
    def _facets_are_known(cls, facets: tuple[str, ...]) -> tuple[str, ...]:
        for facet in facets:
            if facet not in FACETS:
                raise ValueError(f"facet {facet!r} is none of {', '.join(FACETS)}")
        if len(set(facets)) < len(facets):
            raise ValueError("a facet stands twice")
        return facets

    @field_validator("price_bands")
    @classmethod
    def _bands_ascend(cls, bounds: tuple[float, ...]) -> tuple[float, ...]:
        if any(low >= high for low, high in pairwise(bounds)) or bounds[0] <= 0:
            raise ValueError("bounds must be above zero and ascend")
        return bounds

    @model_validator(mode="after")
    def _retention_outlives_the_horizons(self) -> Self:
        longest = max(self.horizons.values())
        if self.retention is not None and self.retention < longest:
            raise ValueError(f"retention {self.retention} is shorter than the longest half-life {longest}")
        return self

    @property
    def redis_schema(self) -> PreferenceSchema:
        """What the sink writes and the client reads."""
        return PreferenceSchema(
            namespace=self.run.namespace,
            generation=self.generation,
            horizons=tuple(Horizon(name, milliseconds(h)) for name, h in self.horizons.items()),
            facets=tuple((facet, FACETS[facet].code) for facet in self.facets),
            keep=self.keep,
            ttl_s=milliseconds(self.retained()) // 1000,
            sample_visitors=self.sample_visitors,
        )

    def source(self, group: str) -> KafkaSource:
        """The topic of behaviours, from where this run starts to where it ends."""
        return self.run.source(self.topic, "behavior", group)

    def erasures(self, group: str) -> KafkaSource:
        """The topic of erasures, from its beginning wherever this run starts: it tells what to leave out."""
        source = self.run.source(self.erasures_topic, "erasure", group)
        return source.model_copy(update={"start": "earliest"})

    @property
    def half_lives_ms(self) -> tuple[int, ...]:
        return tuple(milliseconds(half_life) for half_life in self.horizons.values())

    def retained(self) -> timedelta:
        """How long untouched state and keys live."""
        return self.retention or RETENTION_HALF_LIVES * max(self.horizons.values())
