"""Terms of articles, from what `article_keywords` says of them; no Flink."""

import numpy as np

from schemas.article_features import ArticleFeatures
from schemas.article_hash import article_hash
from state.article_terms import ArticleTerms

ROWS = 1 << 13
"""Of the terms' models, by hash; terms that share one count as one.

Row 0 is nobody's, those below ROWS / 2 are of tags, the others of keywords.
"""

MOST = 4
"""Tags of an article, the surest of each kind; and keywords."""

LEAST = 1e-3
"""Score of what is said at all."""


def terms_of(features: ArticleFeatures) -> ArticleTerms:
    """The article's terms, the surer the heavier; none where nothing is said of the article."""
    surest: dict[str, tuple[str, float]] = {}
    for tag, score in features.tags:
        surest.setdefault(tag.partition(":")[0], (tag, score))
    tags = sorted(surest.values(), key=lambda said: -said[1])[:MOST]
    said = [(_tag_row(tag), score) for tag, score in tags]
    said += [(_keyword_row(keyword), score) for keyword, score in features.keywords[:MOST]]
    said = [(row, score) for row, score in said if score >= LEAST]
    term = np.array([row for row, _ in said], dtype=np.int64)
    weight = np.array([score for _, score in said], dtype=np.float64)
    return ArticleTerms(features.version_ms, term, weight / np.linalg.norm(weight))


def _tag_row(tag: str) -> int:
    return 1 + article_hash(tag) % (ROWS // 2 - 1)


def _keyword_row(keyword: str) -> int:
    return ROWS // 2 + article_hash(keyword) % (ROWS // 2)
