"""Terms of articles, from what `article_keywords` says of them; no Flink."""

import numpy as np

from schemas.article_features import ArticleFeatures
from schemas.article_terms import WIDTH, keyword_row, tag_row
from state.article_terms import ArticleTerms

LEAST = 1e-3
"""Score of what is said at all."""


def terms_of(features: ArticleFeatures) -> ArticleTerms:
    """The article's terms, the surer the heavier; none where nothing is said of the article."""
    surest: dict[str, tuple[str, float]] = {}
    for tag, score in features.tags:
        surest.setdefault(tag.partition(":")[0], (tag, score))
    tags = sorted(surest.values(), key=lambda said: -said[1])[:WIDTH]
    said = [(tag_row(tag), score) for tag, score in tags]
    said += [(keyword_row(keyword), score) for keyword, score in features.keywords[:WIDTH]]
    said = [(row, score) for row, score in said if score >= LEAST]
    term = np.array([row for row, _ in said], dtype=np.int64)
    weight = np.array([score for _, score in said], dtype=np.float64)
    return ArticleTerms(features.version_ms, term, weight / np.linalg.norm(weight))
