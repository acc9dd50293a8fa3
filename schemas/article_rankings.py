"""How articles do: a score each, a ranking a segment, how well scores have predicted; keys and bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from schemas.article_scores import ABSORBED, AT

MOST_RANKED: Final = 100
"""Articles of one segment."""

SEGMENT: Final = b":"  # prefix of a segment's field; the prefix alone is for visitors without a segment


def score_key(namespace: str, generation: int, article_id: str) -> str:
    """String: JSON of an `ArticleScore`. The article's id is part of the hash tag."""
    return f"{namespace}:{{article:{article_id}}}:score:{generation}"


def ranking_key(namespace: str, generation: int, shop: str) -> str:
    """Hash: `ShopRanking.fields`. shop : empty for lists that were shown outside a shop."""
    return f"{namespace}:{{shop:{shop}}}:ranking:{generation}"


def metrics_key(namespace: str, generation: int) -> str:
    """String: JSON of a `Prequential`."""
    return f"{namespace}:{{article-scores:{generation}}}:metrics"


@dataclass(frozen=True)
class ArticleScore:
    """What a reader of whom nothing is known is expected to do with an article, as of `at_ms`.

    score : click probability of an impression; it lies between low and high with probability .9.
    rate : clicks over impressions, smoothed by everybody's. impressions, clicks : so far. first_ms : of the
    first impression.
    """

    article_id: str
    at_ms: int
    first_ms: int
    impressions: float
    clicks: float
    rate: float
    score: float
    low: float
    high: float

    def to_json(self) -> str:
        """For the Redis function `publish`, which compares `at_ms`."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "ArticleScore":
        """What `to_json` wrote. ValueError: it is something else."""
        found: ArticleScore = _built(cls, text)
        return found


class Ranked(NamedTuple):
    """An article for a segment: expected click probability, and its 90 % interval."""

    article_id: str
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class ShopRanking:
    """Articles for each segment of a shop, the best first, at most `MOST_RANKED`.

    segments : name (empty: visitors without one) -> articles. at_ms, absorbed : latest event time, and count
    of the events in it; the greater pair is newer, and the hash is replaced whole.
    """

    shop: str
    at_ms: int
    absorbed: int
    segments: Mapping[str, tuple[Ranked, ...]]

    def fields(self) -> dict[bytes, bytes]:
        """All of the hash."""
        rankings = {
            SEGMENT + segment.encode(): json.dumps(ranked, ensure_ascii=False).encode()
            for segment, ranked in self.segments.items()
        }
        return {AT: b"%d" % self.at_ms, ABSORBED: b"%d" % self.absorbed, **rankings}

    @classmethod
    def from_fields(cls, shop: str, found: Mapping[bytes, bytes]) -> "ShopRanking | None":
        """What `fields` wrote; None: there is nothing."""
        if not found:
            return None
        segments = {
            name[len(SEGMENT) :].decode(): tuple(Ranked(*ranked) for ranked in json.loads(text))
            for name, text in found.items()
            if name.startswith(SEGMENT)
        }
        return cls(shop, int(found[AT]), int(found[ABSORBED]), segments)


@dataclass(frozen=True)
class Prequential:
    """How well impressions were predicted before anything learnt from them, the latest weighing most.

    impressions, clicks : decayed. log_loss : nats an impression; base_log_loss : of everybody's rate.
    auc : over all pairs of a clicked impression and another. ece : expected calibration error.
    """

    at_ms: int
    impressions: float
    clicks: float
    log_loss: float
    base_log_loss: float
    auc: float
    ece: float

    def to_json(self) -> str:
        """For the Redis function `publish`, which compares `at_ms`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Prequential":
        """What `to_json` wrote. ValueError: it is something else."""
        found: Prequential = _built(cls, text)
        return found


def _built(cls: Any, text: str | bytes) -> Any:
    try:
        return cls(**json.loads(text))
    except TypeError as error:
        raise ValueError(f"no {cls.__name__}: {error}") from error
