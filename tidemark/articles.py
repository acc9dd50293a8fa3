"""In which order a visitor is shown articles: ranked by what the job `article_scores` has learnt."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from redis.exceptions import RedisError

from operators.maths.arrays import Floats
from operators.maths.articles.score_articles import Scores, of_appeal, score
from operators.maths.articles.served_articles import match_served, place_served, read_served, unseen
from operators.maths.articles.thompson_ranking import Ranking, mean_ranking, root_of, thompson_ranking
from operators.maths.bayesian_logistic import interval, probability
from operators.maths.segments.dimensions import hashed_dimensions
from schemas.article_hash import article_hash
from schemas.article_readers import RECENT, ReaderAxes, RecentArticles, readers_key, recent_key
from schemas.article_scores import ABSORBED, AT, MODEL, ServedArticles, SharedModel, article_key, shared_key
from schemas.article_terms import LEVELS, Terms
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from sink_connectors.redis_server import Command, fields_of, raised

CACHED_S = 10.0  # for which the shared model serves before it is read again

Source = Literal["model", "unknown", "unavailable"]


class RankedArticle(NamedTuple):
    """One article in its place.

    propensity : with which it came to stand there, see `thompson_ranking`; 1 without exploring. None: nothing
        was drawn, the article stands where the storefront put it.
    probability : expected probability of a click, between low and high with probability .9; None: unknown.
    known : whether Redis knows the article. Others are scored by what all articles taught.
    """

    article: str
    propensity: float | None = None
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    known: bool = False


@dataclass(frozen=True)
class ArticleRanking:
    """articles : each candidate once, the first to be shown first.

    source : "model". "unknown": nothing has been learnt yet. "unavailable": Redis did not answer in time, or
        holds what cannot be read. In the latter two cases articles stand as they were given; reason says why.
    recent : articles that the visitor is known by.
    """

    visitor: str
    articles: tuple[RankedArticle, ...]
    source: Source
    recent: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _Shared:
    """What serves all visitors, until `due_s` of the monotonic clock.

    root : of the model's covariance. fresh : an article nobody has seen. version : of the axes.
    """

    due_s: float
    model: SharedModel
    root: Floats
    fresh: bytes
    axes: ReaderAxes | None
    version: list[bytes | None]


class ArticleRanker:
    """Reads what articles are scored from, and ranks. One for all threads."""

    def __init__(self, redis: RedisConnection, namespace: str, generation: int = 1) -> None:
        self._redis, self._namespace, self._generation = redis, namespace, generation
        self._shared: _Shared | None = None  # replaced whole, so threads need no lock
        self._random = np.random.default_rng()  # locks by itself

    def rank(
        self,
        visitor: str,
        candidates: Sequence[str],
        explore: bool,
        recent: Sequence[str] | None,
        at_ms: int,
        random: np.random.Generator | None = None,
    ) -> ArticleRanking:
        """See `Tidemark.rank_articles`."""
        articles = list(dict.fromkeys(candidates))
        try:
            packed, clicked, shared = self._read(visitor, articles)
            recent = tuple(clicked if recent is None else recent)
            served = _served(packed, shared)
            reader, match = _placed(recent, served.terms, shared)
            read = read_served(served, reader, match, at_ms, shared.model.half_lives_ms)
            scores = score(read, len(recent), shared.model)
        except LookupError as error:
            return _as_given(visitor, articles, "unknown", str(error))
        except (RedisError, OSError) as error:
            return _as_given(visitor, articles, "unavailable", explained(error, self._redis.address))
        except ValueError as error:
            return _as_given(visitor, articles, "unavailable", str(error))
        drawn = random or self._random
        ranking = (
            thompson_ranking(of_appeal(scores, served, shared.model), shared.root, drawn)
            if explore
            else mean_ranking(scores)
        )
        ranked = _ranked(articles, scores, ranking, [one is not None for one in packed])
        return ArticleRanking(visitor, ranked, "model", recent)

    def _read(self, visitor: str, articles: list[str]) -> tuple[list[bytes | None], Sequence[str], _Shared]:
        """(packed articles, the visitor's recent ones, what all share), in one round trip.

        LookupError: nothing was learnt yet.
        """
        space, generation = self._namespace, self._generation
        commands: list[Command] = [["HGET", article_key(space, generation, a), MODEL] for a in articles]
        commands.append(["HGET", recent_key(space, generation, visitor), RECENT])
        shared = self._shared
        if shared is None or shared.due_s <= time.monotonic():
            commands.append(["HGETALL", shared_key(space, generation)])
            commands += [["HGET", readers_key(space, generation), field] for field in (AT, ABSORBED)]
        answers = self._redis.exchange(commands)
        *packed, said = raised(answers[: len(articles) + 1])
        if due := answers[len(articles) + 1 :]:
            shared = self._shared = self._renewed(shared, due)
        assert shared is not None
        return packed, RecentArticles.from_json(said).articles if said else (), shared

    def _renewed(self, before: _Shared | None, answers: list[Any]) -> _Shared:
        """What all share, from what Redis said of it; the axes are read when there is another fit of them.

        While the node of a cluster that has it is away, what was known serves on.
        """
        due_s = time.monotonic() + CACHED_S
        if before is not None and any(isinstance(answer, Exception) for answer in answers):
            return replace(before, due_s=due_s)
        fields, *version = raised(answers)
        model = SharedModel.from_fields(fields_of(fields))
        if model is None:
            reason = (
                f"no article scores of namespace {self._namespace}, generation {self._generation} in Redis"
            )
            raise LookupError(f"{reason}: has the job article_scores run?")
        [fresh] = unseen(1, len(model.half_lives_ms), model.dimensions, model.variance).pack()
        renewed = partial(_Shared, due_s, model, root_of(model.covariance), fresh)
        if before is not None and before.version == version:
            return renewed(before.axes, version)
        fit = fields_of(self._redis.ask(["HGETALL", readers_key(self._namespace, self._generation)]))
        axes, version = ReaderAxes.from_fields(fit), [fit.get(AT), fit.get(ABSORBED)]
        return renewed(axes, version)


def _served(packed: list[bytes | None], shared: _Shared) -> ServedArticles:
    model = shared.model
    known = [one or shared.fresh for one in packed]
    return ServedArticles.unpack(known, len(model.half_lives_ms), model.dimensions)


def _placed(recent: Sequence[str], terms: Terms, shared: _Shared) -> tuple[Floats, Floats]:
    """(D,) where these articles place a reader, and how it takes to articles of terms (n, LEVELS, WIDTH).

    Both are zero before the first fit.
    """
    if shared.axes is None or not recent:
        return np.zeros(shared.model.dimensions), np.zeros((len(terms), LEVELS))
    hashes = np.array([article_hash(article) for article in recent], dtype=np.uint64)
    bucket = hashed_dimensions(hashes, shared.axes.buckets)
    return place_served(shared.axes, bucket), match_served(shared.axes, bucket, terms)


def _ranked(
    articles: list[str], scores: Scores, ranking: Ranking, known: list[bool]
) -> tuple[RankedArticle, ...]:
    of_scores = [probability(scores.mean, scores.variance), *interval(scores.mean, scores.variance)]
    columns = zip(
        ranking.order.tolist(),
        ranking.propensity.tolist(),
        *(numbers[ranking.order].tolist() for numbers in of_scores),
        strict=True,
    )
    return tuple(RankedArticle(articles[i], q, p, low, high, known[i]) for i, q, p, low, high in columns)


def _as_given(visitor: str, articles: list[str], source: Source, reason: str) -> ArticleRanking:
    return ArticleRanking(visitor, tuple(RankedArticle(a) for a in articles), source, reason=reason)
