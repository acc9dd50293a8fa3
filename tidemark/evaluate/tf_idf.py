"""The baseline: TF-IDF for keywords, and nearest TF-IDF centroids for tags, learned online too."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from operators.keywords.read_articles import ReadArticle
from operators.keywords.text_features import ROWS
from operators.maths.arrays import Floats
from tidemark.evaluate.tnews import CATEGORY

KEYWORDS = 7
"""An article; the best of 2 to 10 on the first quarter."""


class TfIdf:
    """Salton and Buckley (1988): single words by term frequency times ln(N/n); Rocchio's centroids of unit
    vectors of the same features that the job hashes.
    """

    def __init__(self, keywords: int = KEYWORDS) -> None:
        self._keywords = keywords
        self._terms: Counter[int] = Counter()
        self._features = np.zeros(ROWS)
        self._n = 0
        self._sums: dict[str, Floats] = {}
        self._squares: dict[str, float] = defaultdict(float)

    def __call__(self, batch: Sequence[ReadArticle]) -> Iterator[tuple[list[str], str | None]]:
        vectors = [self._vector(article) for article in batch]
        said = [
            (self._best(article), self._nearest(article, v))
            for article, v in zip(batch, vectors, strict=True)
        ]
        for article, vector in zip(batch, vectors, strict=True):
            self._terms.update(set(article.terms))
            self._features[article.rows] += 1
            self._n += 1
            self._learn(article, vector)
        yield from said

    def _best(self, article: ReadArticle) -> list[str]:
        """The single words of the greatest weights."""
        columns = zip(article.phrases, article.terms, article.words, article.times, strict=True)
        scored = {
            phrase: times * np.log((self._n + 1) / (self._terms[term] + 0.5))
            for phrase, term, words, times in columns
            if words[1] < 0
        }
        return sorted(scored, key=lambda phrase: -scored[phrase])[: self._keywords]

    def _vector(self, article: ReadArticle) -> Floats:
        """Weights of the article's features, of unit length."""
        weight = np.maximum(np.log((self._n + 1) / (self._features[article.rows] + 0.5)), 1e-3)
        return np.asarray(weight / np.sqrt(weight @ weight)) if len(weight) else weight

    def _nearest(self, article: ReadArticle, vector: Floats) -> str | None:
        near = {
            tag: float(vector @ total[article.rows]) / np.sqrt(self._squares[tag])
            for tag, total in self._sums.items()
        }
        return max(near, key=near.__getitem__, default=None)

    def _learn(self, article: ReadArticle, vector: Floats) -> None:
        tag = dict(article.tags).get(CATEGORY)
        if tag is not None:
            total = self._sums.setdefault(tag, np.zeros(ROWS))
            before = total[article.rows]
            total[article.rows] += vector
            self._squares[tag] += float(total[article.rows] @ total[article.rows] - before @ before)
