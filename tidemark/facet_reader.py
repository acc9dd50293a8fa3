"""Reading what Redis holds of a visitor in a facet, and of the facet, always of one generation."""

import time
from dataclasses import dataclass, field, replace

from redis.exceptions import RedisError

from schemas.preferences import (
    FIRST_GENERATION,
    PreferenceSchema,
    choices_key,
    config_key,
    prior_key,
    served_generation,
    served_key,
    visitor_key,
)
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from sink_connectors.redis_server import Command, fields_of, raised
from tidemark.choices import Choices
from tidemark.prior import Prior

CACHED_S = 60.0
AGAIN_S = 5.0  # until what could not be read is read again
SWITCHES = 3  # of the generation that are followed within one call


@dataclass(frozen=True)
class CachedFacet:
    """What all visitors have in common in a facet; due_s : when it is read again, of the monotonic clock."""

    due_s: float
    schema: PreferenceSchema
    prior: Prior
    choices: Choices | None


@dataclass(frozen=True)
class View:
    """What is known of one generation, so that nothing of two is ever mixed.

    facets : its entries are replaced whole, so threads need no lock.
    """

    generation: int
    facets: dict[str, CachedFacet] = field(default_factory=dict)


class FacetReader:
    """What is known of a facet is kept for a minute. One for all threads.

    generation : None: the one that is served.
    """

    def __init__(self, redis: RedisConnection, namespace: str, generation: int | None) -> None:
        self._redis, self._namespace, self._pinned = redis, namespace, generation
        self._view = View(FIRST_GENERATION if generation is None else generation)  # replaced whole

    def schema(self) -> PreferenceSchema:
        """Read from Redis. ConnectionError: it does not answer. LookupError: nothing was written."""
        try:
            generation = self._pinned
            if generation is None:
                generation = served_generation(self._redis.ask(["GET", served_key(self._namespace)]))
            text = self._redis.ask(["GET", config_key(self._namespace, generation)])
        except (RedisError, OSError) as error:
            raise ConnectionError(explained(error, self._redis.address)) from error
        if text is None:
            raise LookupError(self._nothing(generation))
        return PreferenceSchema.from_json(self._namespace, text)

    def read(self, visitor: str, facet: str) -> tuple[View, dict[bytes, bytes], str]:
        """(what is known, fields of the visitor in that generation, why there is no answer).

        ValueError: no such facet.
        """
        known = view = self._view
        for _ in range(SWITCHES):
            try:
                fields, served = self._fetch(view, visitor, facet)
            except (RedisError, OSError) as error:
                return known, {}, explained(error, self._redis.address)
            except LookupError as error:
                return known, {}, str(error)
            if served == view.generation:
                break
            view = View(served)
        if facet not in view.facets:
            return known, {}, self._nothing(view.generation)
        if view is not known:  # or a slow thread would bring back what another has left
            self._view = view
        return view, fields, ""

    def _fetch(self, view: View, visitor: str, facet: str) -> tuple[dict[bytes, bytes], int]:
        """(fields of the visitor, the generation to read), in one round trip.

        Which one that is, the facet's prior and the configuration are read along into `view` when due. If the
        node of a cluster that has them is away, what is known serves on, and they are due a little later.
        """
        cached = view.facets.get(facet)
        commands: list[Command] = [["HGETALL", visitor_key(self._namespace, view.generation, visitor)]]
        if cached is None or cached.due_s <= time.monotonic():
            commands += [
                ["GET", config_key(self._namespace, view.generation)],
                ["HGETALL", prior_key(self._namespace, view.generation, facet)],
                ["HGETALL", choices_key(self._namespace, view.generation, facet)],
                ["GET", served_key(self._namespace)],
            ]
        fields, *shared = self._redis.exchange(commands)
        raised([fields])
        if not shared:
            return fields_of(fields), view.generation
        if cached is not None and any(isinstance(answer, Exception) for answer in shared):
            view.facets[facet] = replace(cached, due_s=time.monotonic() + AGAIN_S)
            return fields_of(fields), view.generation
        config, prior, choices, pointer = raised(shared)
        served = served_generation(pointer) if self._pinned is None else self._pinned
        if served == view.generation and config is not None:
            schema = PreferenceSchema.from_json(self._namespace, config)
            code_of(schema, facet)
            found = Prior.of(fields_of(prior), len(schema.horizons))
            learned = Choices.of(fields_of(choices))
            view.facets[facet] = CachedFacet(time.monotonic() + CACHED_S, schema, found, learned)
        return fields_of(fields), served

    def _nothing(self, generation: int) -> str:
        return f"no preferences of namespace {self._namespace}, generation {generation} in Redis"


def code_of(schema: PreferenceSchema, facet: str) -> bytes:
    """The facet's, in names of fields. ValueError: there is no such facet."""
    codes = dict(schema.facets)
    if facet not in codes:
        raise ValueError(f"no facet {facet!r}; there are {', '.join(codes)}")
    return codes[facet].encode()
