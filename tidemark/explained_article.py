"""Why an article scores as it does, in words: for `tidemark show article`."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from operators.maths.articles.click_features import SERVED, Group, places
from operators.maths.articles.score_articles import Scores, score
from operators.maths.articles.served_articles import read_served
from operators.maths.bayesian_logistic import interval, probability
from schemas.article_scores import MODEL, ServedArticles, SharedModel
from schemas.article_terms import LEVELS


@dataclass(frozen=True)
class ExplainedArticle:
    """How a reader of whom nothing is known is expected to take an article, as of its latest event.

    score : expected click probability, between low and high with probability .9. rate : clicks over
    impressions whose outcome is known; None before the first. because : what the score is made of and the
    log-odds that each part adds, the strongest first. taste : how far apart two readers can be, in log-odds:
    the length of the article's own weights of their dimensions.
    """

    at_ms: int
    first_ms: int | None
    impressions: float
    clicks: float
    rate: float | None
    score: float
    low: float
    high: float
    because: tuple[tuple[str, float], ...]
    taste: float


def explained(article: Mapping[bytes, bytes], shared: SharedModel) -> ExplainedArticle | None:
    """From the article's hash; None where there is none. ValueError: it is of another layout."""
    if MODEL not in article:
        return None
    served = ServedArticles.unpack([article[MODEL]], len(shared.half_lives_ms), shared.dimensions)
    at_ms, first_ms = int(served.at_ms[0]), int(served.first_ms[0])
    statistics = read_served(
        served, np.zeros(shared.dimensions), np.zeros((1, LEVELS)), at_ms, shared.half_lives_ms
    )
    scores = score(statistics, 0, shared)
    longest = int(np.argmax(shared.half_lives_ms))
    shown, clicks, _, labelled = (float(of) for of in served.sums[0, :, longest])
    [p], [low], [high] = (
        probability(scores.mean, scores.variance),
        *interval(scores.mean, scores.variance),
    )
    return ExplainedArticle(
        at_ms=at_ms,
        first_ms=first_ms if first_ms <= at_ms else None,
        impressions=shown,
        clicks=clicks,
        rate=clicks / labelled if labelled else None,
        score=float(p),
        low=float(low),
        high=float(high),
        because=_because(scores, shared),
        taste=float(np.linalg.norm(served.mean[0, 1:])),
    )


def _because(scores: Scores, shared: SharedModel) -> tuple[tuple[str, float], ...]:
    adds = scores.X[0] * shared.mean
    parts = {
        group.value: float(adds[place].sum())
        for group, place in places(SERVED, len(shared.half_lives_ms)).items()
        if group != Group.HISTORY  # of a reader who has none
    }
    ordered = sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0]))
    return ("everybody", float(adds[0])), *ordered
