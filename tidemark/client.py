"""Reading preferences, segments, layouts and articles, for storefronts: needs Redis, and nothing of Flink."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from schemas.preferences import MIX, PreferenceSchema
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from tidemark.facet_reader import FacetReader
from tidemark.layouts import LayoutChoice, LayoutReader, OwnSegment
from tidemark.preference_reader import Order, PreferenceReader
from tidemark.preferences import Preferences
from tidemark.segment import Segment, SegmentReader

if TYPE_CHECKING:
    import numpy as np

    from tidemark.articles import ArticleRanker, ArticleRanking


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
        address = RedisAddress.of(redis, password_file, ca) if isinstance(redis, str) else redis
        self._redis, self._namespace = RedisConnection(address, timeout_s), namespace
        self._facets = FacetReader(self._redis, namespace, generation)
        self._preferences = PreferenceReader(self._facets)
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
        return self._facets.schema()

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
        silent = shop is None or facet != "category"
        return self._preferences.preferences(
            visitor,
            facet,
            horizon,
            _milliseconds(at),
            top,
            order,
            lambda: {} if silent else self._segments.lifts(visitor, shop or ""),
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


def _milliseconds(at: datetime | int | None) -> int:
    if at is None:
        return round(time.time() * 1000)
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        return round(at.timestamp() * 1000)
    return at
