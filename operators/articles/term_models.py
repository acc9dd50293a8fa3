"""What articles with a term have taught, and which terms an article has: in keyed state, and at hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import logit

from operators.articles.article_terms import terms_of
from operators.articles.place_lists import buckets_of
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import CHANCES, ArticleSettings
from operators.maths.articles.keyword_prior import Terms as JoinedTerms
from operators.maths.articles.keyword_prior import learn_terms, prior_means
from operators.maths.bayesian_logistic import Posteriors
from schemas.article_features import ArticleFeatures
from schemas.article_terms import LEVELS, TERMS, WIDTH, Terms, in_levels
from state.article_terms import ArticleTerms, TermModel
from state.placed_list import PlacedList

AT_HAND = 1 << 16
"""Articles of which it is at hand whether they have terms; when there are more, state is asked again."""


class TermModels:
    """State: `terms`, an entry an article of which anything was said, `ArticleTerms`; `term_models`, an entry
    a term of which anything was learnt, `TermModel`.
    """

    def __init__(self, terms: Any, models: Any, settings: ArticleSettings, buckets: int) -> None:
        self._terms, self._models, self._buckets = terms, models, buckets
        self._variance = np.full(settings.dimensions + 1, settings.variance)
        self._known: dict[str, ArticleTerms | None] = {}
        self._posteriors: Posteriors | None = None
        self._table: Terms | None = None

    def describe(self, bodies: Sequence[bytes]) -> dict[str, int]:
        """What is said of articles is kept, unless something newer is known.

        bodies : Avro, of `article-features`.

        Returns
        -------
        The articles -> the latest event time of what these say.
        """
        described = [ArticleFeatures.from_bytes(body) for body in bodies]
        for features in described:
            name, said = features.article_id, terms_of(features)
            known = self._of(name)
            if known is None or said.version_ms >= known.version_ms:
                self._terms.put(name, said.to_bytes())
                self._known[name] = said
                self.table()[buckets_of([name], self._buckets)] = in_levels(said.term.tolist())
        return {of.article_id: of.version_ms for of in sorted(described, key=lambda of: of.version_ms)}

    def starts(self, names: Sequence[str]) -> dict[str, Floats]:
        """Of these articles those with terms -> (D + 1,) where their models start, by what is known now."""
        names = [name for name in names if len(self._rows_of(name))]
        if not names:
            return {}
        starts = prior_means(self._all(), self._joined(names), np.arange(len(names)))
        return dict(zip(names, starts, strict=True))

    def table(self) -> Terms:
        """(buckets, LEVELS, WIDTH) terms of articles, by the buckets in which histories know them."""
        if self._table is None:
            self._table = np.zeros((self._buckets, LEVELS, WIDTH), dtype=np.uint16)
            for name, blob in self._terms.items():
                rows = ArticleTerms.from_bytes(bytes(blob)).term.tolist()
                self._table[buckets_of([name], self._buckets)] = in_levels(rows)
        return self._table

    def learn(self, lists: Sequence[PlacedList], clicked: Floats, chance: Floats) -> None:
        """From the outcomes of all impressions of lists, as articles' own models do."""
        names = [name for of in lists for name in of.articles]
        with_terms = {name for name in dict.fromkeys(names) if len(self._rows_of(name))}
        described = [at for at, name in enumerate(names) if name in with_terms] if with_terms else []
        if not described:
            return
        articles = list(dict.fromkeys(names[at] for at in described))
        place = {name: at for at, name in enumerate(articles)}
        article = np.array([place[names[at]] for at in described])
        readers = np.array([of.reader for of in lists])
        of = np.repeat(np.arange(len(lists)), [len(one.articles) for one in lists])[described]
        X = np.column_stack([np.ones(len(described)), readers[of]])
        joined, posteriors = self._joined(articles), self._all()
        touched, term = np.unique(joined.term, return_inverse=True)
        learnt = learn_terms(
            Posteriors(posteriors.mean[touched], posteriors.precision[touched]),
            JoinedTerms(term, joined.weight, joined.first),
            article,
            X,
            clicked[described],
            logit(np.clip(chance[described], *CHANCES)),
        )
        posteriors.mean[touched], posteriors.precision[touched] = learnt.mean, learnt.precision
        for row, mean, precision in zip(touched.tolist(), learnt.mean, learnt.precision, strict=True):
            self._models.put(row, TermModel(mean, precision).to_bytes())

    def _joined(self, names: Sequence[str]) -> JoinedTerms:
        known = [of for name in names if (of := self._of(name)) is not None]
        first = np.cumsum([0, *(len(of.term) for of in known)])
        return JoinedTerms(
            np.concatenate([of.term for of in known]), np.concatenate([of.weight for of in known]), first
        )

    def _rows_of(self, name: str) -> Ints:
        known = self._of(name)
        return np.zeros(0, dtype=np.int64) if known is None else known.term

    def _of(self, name: str) -> ArticleTerms | None:
        if name not in self._known:
            if len(self._known) >= AT_HAND:
                self._known.clear()
            blob = self._terms.get(name)
            self._known[name] = None if blob is None else ArticleTerms.from_bytes(bytes(blob))
        return self._known[name]

    def _all(self) -> Posteriors:
        """The models of all terms; read from state where they are not at hand."""
        if self._posteriors is None:
            self._posteriors = Posteriors.prior(TERMS, self._variance)
            for row, blob in self._models.items():
                model = TermModel.from_bytes(bytes(blob))
                self._posteriors.mean[row], self._posteriors.precision[row] = model.mean, model.precision
        return self._posteriors
