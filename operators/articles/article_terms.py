"""Terms of articles, from what `article_keywords` says of them; no Flink."""

import numpy as np

from schemas.article_features import ArticleFeatures
from schemas.article_hash import article_hash
from state.article_terms import ArticleTerms

ROWS = 1 << 13
"""Of the terms' models, by hash: terms that share one count as one."""

KEYWORDS = 3
"""Of an article, the most probable; and of each kind of tag the most probable."""

LEAST = 1e-3
"""Score of what is said at all."""


def terms_of(features: ArticleFeatures) -> ArticleTerms:
    """The article's terms, the surer the heavier; none where nothing is said of the article."""
    tags: dict[str, tuple[str, float]] = {}
    for tag, score in features.tags:
        tags.setdefault(tag.partition(":")[0], (f"tag:{tag}", score))
    keywords = [(f"keyword:{keyword}", score) for keyword, score in features.keywords[:KEYWORDS]]
    said = [(name, score) for name, score in (*tags.values(), *keywords) if score >= LEAST]
    term = np.array([article_hash(name) % ROWS for name, _ in said], dtype=np.int64)
    weight = np.array([score for _, score in said], dtype=np.float64)
    return ArticleTerms(features.version_ms, term, weight / np.linalg.norm(weight))
