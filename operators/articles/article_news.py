"""What storefronts are told after a batch: articles, their scores, the shared model, how it predicts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from operators.articles.score_clicks import ScoreSettings, SharedModels
from operators.maths.articles.click_features import CHANCE_STRENGTH
from operators.maths.articles.score_articles import score
from operators.maths.articles.served_articles import read_served
from operators.maths.bayesian_logistic import interval, probability
from schemas.article_rankings import ArticleScore, Prequential
from schemas.article_scores import ABSORBED, AT, ServedArticles
from schemas.article_terms import LEVELS

ARTICLE, SHARED, READERS, RANKING, METRICS = "article", "shared", "readers", "ranking", "metrics"


@dataclass(frozen=True)
class News:
    """One thing for Redis. kind : which of the above. name : of the article or shop. at_ms, absorbed : of
    what is newer the pair is greater. packed, text : its bytes, and its JSON; empty where it has none.
    """

    kind: str
    name: str
    at_ms: int
    absorbed: int
    packed: bytes
    text: str


def shared_news(models: SharedModels, settings: ScoreSettings) -> Iterator[News]:
    """The shared model, and how it has predicted."""
    shared, scores = models.for_storefronts(settings.articles), models.scores
    yield hash_news(SHARED, "", shared.fields())
    said = Prequential(
        shared.at_ms,
        scores.impressions,
        scores.clicks,
        scores.log_loss,
        scores.base_log_loss,
        scores.auc,
        scores.ece,
    )
    yield News(METRICS, "", shared.at_ms, shared.absorbed, b"", said.to_json())


def hash_news(kind: str, name: str, fields: Mapping[bytes, bytes]) -> News:
    """A hash that is replaced whole."""
    at_ms, absorbed = int(fields[AT]), int(fields[ABSORBED])
    return News(kind, name, at_ms, absorbed, msgspec.msgpack.encode(fields), "")


def article_news(
    models: SharedModels, names: Sequence[str], packed: Sequence[bytes], settings: ScoreSettings
) -> Iterator[News]:
    """Each article as it is served, and its score for a reader of whom nothing is known."""
    half_lives, dimensions = settings.articles.half_lives_ms, settings.articles.dimensions
    served = ServedArticles.unpack(packed, len(half_lives), dimensions)
    read = read_served(served, np.zeros(dimensions), np.zeros((len(names), LEVELS)), models.at_ms, half_lives)
    found = score(read, 0, models.for_storefronts(settings.articles))
    low, high = interval(found.mean, found.variance)
    shown, clicks, _, labelled = (served.sums[:, i, -1] for i in range(4))
    rate = (clicks + CHANCE_STRENGTH * models.mean_chance) / (labelled + CHANCE_STRENGTH)
    numbers = np.column_stack([shown, clicks, rate, probability(found.mean, found.variance), low, high])
    columns = zip(
        names,
        packed,
        served.at_ms.tolist(),
        served.absorbed.tolist(),
        served.first_ms.tolist(),
        numbers.tolist(),
        strict=True,
    )
    for name, one, at_ms, absorbed, first_ms, said in columns:
        text = msgspec.json.encode(ArticleScore(name, models.at_ms, first_ms, *said))  # what `to_json` says
        yield News(ARTICLE, name, at_ms, absorbed, one, text.decode())
