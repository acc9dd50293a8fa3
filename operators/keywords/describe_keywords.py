"""Keywords of a batch of articles: found, then learned from what editors chose."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from operators.keywords.article_tables import DescribeSettings, Tables, indexed
from operators.keywords.candidate_phrases import KINDS, LONGEST
from operators.keywords.read_articles import ReadArticle
from operators.maths import bayesian_logistic as logistic
from operators.maths.arrays import Floats, Ints
from operators.maths.keywords.keyword_evidence import Candidates, Statistics, columns, keyword_evidence
from operators.maths.keywords.term_counts import TermVisits, add_terms, add_totals, counts_at
from state.article_model import ArticleModel

Keywords = tuple[tuple[str, float], ...]
"""With their probabilities, descending."""


def describe_keywords(
    model: ArticleModel, tables: Tables, articles: Sequence[ReadArticle], settings: DescribeSettings
) -> tuple[list[Keywords], ArticleModel]:
    """The keywords found in each article, and the model after what editors chose was learned."""
    half_life_ms, latest_ms = settings.half_life_ms, max(article.version_ms for article in articles)
    terms, places = indexed([[*article.terms, *chain(*article.words)] for article in articles])
    x = tables.terms.load(terms)
    counts, totals = counts_at(x, latest_ms, half_life_ms), counts_at(model.totals, latest_ms, half_life_ms)
    statistics = Statistics(*counts.T, *map(float, totals))
    X = keyword_evidence(_candidates(articles, places), statistics, len(KINDS))
    X[:, [name in settings.left_out for name in columns(len(KINDS))]] = 0.0
    weights = logistic.Posteriors(model.mean[None], model.precision[None])
    a, variance = logistic.predict(weights, X, *_one_model(len(X)))
    ends = np.cumsum([len(article.terms) for article in articles])[:-1]
    found = [
        _chosen(article.phrases, p, settings)
        for article, p in zip(articles, np.split(logistic.probability(a, variance), ends), strict=True)
    ]
    y = [np.array([phrase in article.keywords for phrase in article.phrases], float) for article in articles]
    labelled = np.repeat([bool(article.keywords) for article in articles], [len(of) for of in y])
    weights = logistic.update(
        weights, X[labelled], np.concatenate(y)[labelled], *_one_model(int(labelled.sum()))
    )
    tables.terms.store(terms, add_terms(x, _visits(articles, places, y), half_life_ms))
    amounts = [
        [1.0, len(of) * bool(article.keywords), of.sum()] for article, of in zip(articles, y, strict=True)
    ]
    at_ms = np.array([article.version_ms for article in articles])
    totals = add_totals(model.totals, np.array(amounts), at_ms, half_life_ms)
    return found, replace(model, mean=weights.mean[0], precision=weights.precision[0], totals=totals)


def _candidates(articles: Sequence[ReadArticle], places: Sequence[Ints]) -> Candidates:
    def joined(name: str, width: int = 1) -> Floats:
        flat = np.array([value for article in articles for value in getattr(article, name)], dtype=np.float64)
        return flat.reshape(-1, width) if width > 1 else flat

    own = [
        (of[: len(article.terms)], of[len(article.terms) :])
        for article, of in zip(articles, places, strict=True)
    ]
    return Candidates(
        term=np.concatenate([term for term, _ in own]),
        words=np.concatenate([words for _, words in own]).reshape(-1, LONGEST),
        rank=joined("rank"),
        place=joined("place"),
        length=np.array(
            [len(phrase) for article in articles for phrase in article.phrases], dtype=np.float64
        ),
        times=joined("times"),
        kinds=joined("kinds", 2).astype(np.int64),
    )


def _visits(articles: Sequence[ReadArticle], places: Sequence[Ints], y: Sequence[Floats]) -> TermVisits:
    """Each term of each article once: its candidates, and the words that are none."""
    term, at_ms, offered, chosen = [], [], [], []
    for article, of, chose in zip(articles, places, y, strict=True):
        own, others = of[: len(chose)], np.setdiff1d(of[len(chose) :], [*of[: len(chose)], -1])
        own, first = np.unique(own, return_index=True)
        term += [own, others]
        offered += [np.full(len(own), float(bool(article.keywords))), np.zeros(len(others))]
        chosen += [chose[first], np.zeros(len(others))]
        at_ms.append(np.full(len(own) + len(others), article.version_ms))
    return TermVisits(*map(np.concatenate, (term, at_ms, offered, chosen)))


def _chosen(phrases: Sequence[str], p: Floats, settings: DescribeSettings) -> Keywords:
    """The most probable that reach the threshold; the best one where none does."""
    order = np.argsort(-p, kind="stable")[: settings.most]
    enough = max(int((p[order] >= settings.threshold).sum()), 1)
    return tuple((phrases[at], float(p[at])) for at in order[:enough])


def _one_model(n: int) -> tuple[Ints, Floats]:
    """Model and offset of n rows: all of one model."""
    return np.zeros(n, dtype=np.int64), np.zeros(n)
