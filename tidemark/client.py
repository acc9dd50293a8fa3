"""Reading preferences, segments, layouts and articles, for storefronts: needs Redis, and nothing of Flink."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from redis.exceptions import RedisError

from schemas.preferences import (
    AT,
    FIRST_GENERATION,
    MIX,
    PreferenceSchema,
    choices_key,
    config_key,
    prior_key,
    served_generation,
    served_key,
    unpack,
    visitor_key,
)
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from sink_connectors.redis_server import Command, fields_of, raised
from tidemark.choices import Choices
from tidemark.items import Item, by_share, by_weight, mixed_shares, own_items
from tidemark.layouts import LayoutChoice, LayoutReader, OwnSegment
from tidemark.preferences import Preference, Preferences
from tidemark.prior import Prior
from tidemark.segment import Segment, SegmentReader
from tidemark.smoothing import weight_at

if TYPE_CHECKING:
    import numpy as np

    from tidemark.articles import ArticleRanker, ArticleRanking

CACHED_S = 60.0
AGAIN_S = 5.0  # until what could not be read is read again
SWITCHES = 3  # of the generation that are followed within one call

Order = Literal["weight", "share"]


@dataclass(frozen=True)
class _Cached:
    due_s: float
    schema: PreferenceSchema
    prior: Prior
    choices: Choices | None


@dataclass(frozen=True)
class _View:
    """What is known of one generation, so that nothing of two is ever mixed.

    facets : its entries are replaced whole, so threads need no lock.
    """

    generation: int
    facets: dict[str, _Cached] = field(default_factory=dict)


class Tidemark:
    """A client; share one among threads.

    redis : URL. password_file, ca : see `RedisAddress`; where they are not given, the variables
        TIDEMARK_REDIS_PASSWORD_FILE and TIDEMARK_REDIS_CA name them.
    timeout_s : to wait for Redis. Without an answer by then, the prior is the answer.
    namespace : that of the job.
    generation : None: the one that is served; a minute at most after `tidemark promote` that is the new one.
        A number: that one, finished or not.

    >>> Tidemark("redis://localhost").preferences("1228", top=3)  # doctest: +SKIP
    Preferences(visitor='1228', facet='category', horizon='long', items=(Preference(value='FLUID MILK', ...
    """

    def __init__(
        self,
        redis: str | RedisAddress,
        timeout_s: float = 0.05,
        generation: int | None = None,
        namespace: str = "tm",
        password_file: str = "",
        ca: str = "",
    ) -> None:
        self._namespace, self._pinned = namespace, generation
        self._view = _View(FIRST_GENERATION if generation is None else generation)  # replaced whole
        self._address = RedisAddress.of(redis, password_file, ca) if isinstance(redis, str) else redis
        self._redis = RedisConnection(self._address, timeout_s)
        self._segments = SegmentReader(self._redis, namespace)
        self._layouts = LayoutReader(self._redis, namespace)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def schema(self) -> PreferenceSchema:
        """The job's horizons and facets, read from Redis.

        Raises
        ------
        ConnectionError : Redis does not answer.
        LookupError : nothing was written under this namespace and generation.
        """
        try:
            generation = self._pinned
            if generation is None:
                generation = served_generation(self._redis.ask(["GET", served_key(self._namespace)]))
            text = self._redis.ask(["GET", config_key(self._namespace, generation)])
        except (RedisError, OSError) as error:
            raise ConnectionError(explained(error, self._address)) from error
        if text is None:
            raise LookupError(self._nothing(generation))
        return PreferenceSchema.from_json(self._namespace, text)

    def preferences(
        self,
        visitor: str,
        facet: str = "category",
        horizon: str = MIX,
        at: datetime | int | None = None,
        top: int = 10,
        order: Order = "weight",
        shop: str | None = None,
    ) -> Preferences:
        """What `visitor` prefers, in one round trip to Redis (once a minute with what everybody likes).

        horizon : of the configuration; or "mix", all of them as learned from what visitors chose next. Its
            items are ordered by share.
        at : as of when: a time with its zone, epoch milliseconds, or None for now. A time before the
            visitor's latest event gives no history: what came after is then in it too.
        order : of a known visitor's items. "weight": only values of which there were events. "share": those,
            and what everybody likes, by what the visitor is expected to take next; the better prediction.
        shop : where the visitor is; its segment there has a say in the mix of the facet "category". Another
            round trip.

        Raises
        ------
        ValueError : no such facet or horizon; `at` without a time zone. Never because of Redis.
        """
        at_ms = _milliseconds(at)
        view, fields, reason = self._read(visitor, facet)
        cached = view.facets.get(facet)
        if cached is None:
            return Preferences(visitor, facet, horizon, (), "unavailable", 0.0, at_ms, None, None, reason)
        schema, prior = cached.schema, cached.prior
        horizon = _horizon(schema, horizon, cached.choices)
        mixed = horizon == MIX
        code, h = _index(schema, facet, _longest(schema) if mixed else horizon)
        half_life_ms = schema.horizons[h].half_life_ms

        total = 0.0
        items: list[Item] = []
        if code in fields:
            total = weight_at(unpack(fields[code])[h], at_ms, half_life_ms)
            items = own_items(fields, code, h, at_ms, half_life_ms, prior)
        everything = code not in fields or order == "share"
        if mixed and cached.choices is not None:
            silent = shop is None or facet != "category" or bool(reason)
            lifts = {} if silent else self._segments.lifts(visitor, shop or "")
            shares = mixed_shares(cached.choices, schema, fields, code, at_ms, lifts)
            weights = {value: weight for value, weight, _ in items}
            items = [(v, weights.get(v, 0.0), s) for v, s in shares.items() if everything or v in weights]
        elif everything:
            everybody = prior.strongest(h, total, top, without={value for value, _, _ in items})
            items += [(value, 0.0, share) for value, share in everybody]
        items.sort(key=by_share if everything or mixed else by_weight)
        return Preferences(
            visitor=visitor,
            facet=facet,
            horizon=horizon,
            items=tuple(Preference(v.decode(errors="replace"), w, share) for v, w, share in items[:top]),
            source="unavailable" if reason else "visitor" if code in fields else "prior",
            total=total,
            at=at_ms,
            latest_event=int(fields[AT]) if AT in fields else None,
            prior_at=prior.at_ms,
            reason=reason,
            generation=view.generation,
        )

    def segment(self, visitor: str, shop: str) -> Segment:
        """Where `visitor` belongs at `shop`, how sure that is and why, in one round trip to Redis."""
        return self._segments.segment(visitor, shop)

    def layout(
        self,
        visitor: str,
        shop: str,
        segment: str | OwnSegment | None = OwnSegment.ASKED,
        rng: Callable[[], float] = random.random,
    ) -> LayoutChoice:
        """Draw the layout to show `visitor` at `shop`, in one round trip to Redis; see `LayoutReader`."""
        return self._layouts.layout(visitor, shop, segment, rng)

    def rank_articles(
        self,
        visitor: str,
        candidates: Sequence[str],
        explore: bool = True,
        recent: Sequence[str] | None = None,
        at: datetime | int | None = None,
        random: "np.random.Generator | None" = None,
    ) -> "ArticleRanking":
        """Put articles in the order in which `visitor` is to be shown them, in one round trip to Redis.

        Log the propensities. Ask once for each list: another call draws anew. Needs numpy and SciPy
        (`tidemark[articles]`), which the first call imports: half a second.

        explore : draw the order from what is known and how unsure it is (Thompson sampling); else the most
            likely to be clicked is first.
        recent : articles that the visitor clicked last; by default those that Redis knows.
        at : as of when, as in `preferences`.
        random : draws are made with it.
        """
        return self._articles.rank(visitor, candidates, explore, recent, _milliseconds(at), random)

    @cached_property
    def _articles(self) -> "ArticleRanker":
        from tidemark.articles import ArticleRanker

        return ArticleRanker(self._redis, self._namespace)

    def _read(self, visitor: str, facet: str) -> tuple[_View, dict[bytes, bytes], str]:
        """(what is known, fields of the visitor in that generation, why there is no answer)."""
        known = view = self._view
        for _ in range(SWITCHES):
            try:
                fields, served = self._fetch(view, visitor, facet)
            except (RedisError, OSError) as error:
                return known, {}, explained(error, self._address)
            except LookupError as error:
                return known, {}, str(error)
            if served == view.generation:
                break
            view = _View(served)
        if facet not in view.facets:
            return known, {}, self._nothing(view.generation)
        if view is not known:  # or a slow thread would bring back what another has left
            self._view = view
        return view, fields, ""

    def _fetch(self, view: _View, visitor: str, facet: str) -> tuple[dict[bytes, bytes], int]:
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
            _index(schema, facet)
            found = Prior.of(fields_of(prior), len(schema.horizons))
            learned = Choices.of(fields_of(choices))
            view.facets[facet] = _Cached(time.monotonic() + CACHED_S, schema, found, learned)
        return fields_of(fields), served

    def _nothing(self, generation: int) -> str:
        return f"no preferences of namespace {self._namespace}, generation {generation} in Redis"


def _index(schema: PreferenceSchema, facet: str, horizon: str | None = None) -> tuple[bytes, int]:
    """(code of the facet, place of the horizon)."""
    codes, names = dict(schema.facets), [h.name for h in schema.horizons]
    if facet not in codes:
        raise ValueError(f"no facet {facet!r}; there are {', '.join(codes)}")
    if horizon is not None and horizon not in names:
        raise ValueError(f"no horizon {horizon!r}; there are {', '.join(names)}")
    return codes[facet].encode(), names.index(horizon) if horizon is not None else 0


def _longest(schema: PreferenceSchema) -> str:
    return max(schema.horizons, key=lambda horizon: horizon.half_life_ms).name


def _horizon(schema: PreferenceSchema, asked: str, choices: Choices | None) -> str:
    """What is asked for; of a mix that was not learned yet the longest horizon."""
    return _longest(schema) if asked == MIX and choices is None else asked


def _milliseconds(at: datetime | int | None) -> int:
    if at is None:
        return round(time.time() * 1000)
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        return round(at.timestamp() * 1000)
    return at
