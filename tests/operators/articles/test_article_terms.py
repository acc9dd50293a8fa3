"""What is said of articles: the terms that they have, what these teach, and where new articles start."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from operators.articles.article_news import ARTICLE
from operators.articles.article_terms import LEAST, terms_of
from operators.articles.statistics_table import statistics_of
from operators.articles.term_models import TermModels
from operators.maths.articles.keyword_prior import Terms, learn_terms, prior_means
from operators.maths.bayesian_logistic import Posteriors
from schemas.article_features import ArticleFeatures
from schemas.article_scores import ServedArticles
from schemas.article_terms import TERMS, WIDTH
from state.placed_list import PredictedList
from tests.operators.articles.test_score_steps import SETTINGS, steps
from tests.operators.keyed_state import Entries
from tests.synthetic_lists import START_MS, batches, lists, rows

SAID = ArticleFeatures(
    "a",
    START_MS,
    START_MS,
    9,
    (("fox", 0.6), ("新闻", 0.3), ("b", 0.2), ("c", 0.1), ("d", 0.09)),
    (("topic:sport", 0.9), ("topic:trade", 0.1), ("mood:calm", 0.4)),
)
CHANCES = (1e-3, 0.95)


def topic(article: str) -> str:
    """The parity of synthetic articles, which readers have a taste for; one is as loved as the other."""
    return "even" if int(article.split()[1]) % 2 == 0 else "odd"


def said_of(article: str, *topics: str) -> tuple[Any, ...]:
    """A row of what is said of an article, as the job meets it."""
    tags = tuple((f"topic{at}:{name}", 1.0) for at, name in enumerate(topics))
    body = ArticleFeatures(article, START_MS, START_MS, 1, (), tags).to_bytes()
    return ("described", "", "", START_MS, START_MS, body)


def test_terms_are_the_surest_keywords_and_the_surest_tag_of_each_kind() -> None:
    found = terms_of(SAID)
    scores = np.array([0.9, 0.4, 0.6, 0.3, 0.2, 0.1])
    assert len(found.term) == 2 + WIDTH
    assert (found.term < TERMS / 2).tolist() == [True] * 2 + [False] * WIDTH
    np.testing.assert_allclose(found.weight, scores / np.linalg.norm(scores))
    alone = terms_of(replace(SAID, keywords=(), tags=(("mood:calm", 0.1),)))
    assert alone.term.tolist() == [found.term[1]]
    assert alone.weight.tolist() == [1.0]


@given(scores=st.lists(st.floats(0, 1), max_size=5))
def test_weights_are_of_unit_length_or_none(scores: list[float]) -> None:
    found = terms_of(replace(SAID, keywords=tuple((f"k{s}", s) for s in scores), tags=()))
    assert len(found.term) == sum(score >= LEAST for score in scores[:WIDTH])
    assert np.sum(found.weight**2) == pytest.approx(1.0 if len(found.term) else 0.0)


def test_a_keyword_is_another_term_than_the_tag_of_the_same_name() -> None:
    keyword = terms_of(replace(SAID, keywords=(("topic:sport", 1.0),), tags=()))
    assert keyword.term.tolist() != terms_of(replace(SAID, keywords=())).term[:1].tolist()


def test_what_is_older_changes_nothing_and_state_is_all_there_is() -> None:
    terms, models = Entries(), Entries()
    TermModels(terms, models, SETTINGS.articles, 64).describe([SAID.to_bytes()])
    kept = dict(terms.items())
    again = TermModels(terms, models, SETTINGS.articles, 64)
    older = replace(SAID, version_ms=START_MS - 1, keywords=())
    assert set(again.describe([older.to_bytes()])) == set(again.starts(["a"])) == {"a"}
    assert dict(terms.items()) == kept
    newer = replace(SAID, version_ms=START_MS + 1, keywords=(), tags=())
    assert again.describe([newer.to_bytes(), older.to_bytes()]) == {"a": START_MS + 1}
    assert again.starts(["a"]) == {}
    assert dict(terms.items()) != kept


def told(described: list[tuple[Any, ...]]) -> tuple[dict[str, PredictedList], dict[str, ServedArticles], Any]:
    """Lists in batches, after these descriptions: predictions, articles as served, and the keyed state."""
    done, served = steps(), {}
    shown = rows(given_lists())
    for batch in batches([*described, *shown], [len(described) + 20, 20]):
        for row in done.process(batch):
            if row[0] == ARTICLE:
                served[row[1]] = ServedArticles.unpack([row[4]], 4, 2)
    last = rows([NEW])[0]
    said = chain.from_iterable(done.process(batch) for batch in batches([said_of("🦊 new", "even")], [1]))
    served |= {row[1]: ServedArticles.unpack([row[4]], 4, 2) for row in said if row[0] == ARTICLE}
    list(done.process(batches([last], [1])[0]))
    awaited = done.runtimes["shared"].states["awaited"].items()
    return (
        {name: PredictedList.from_bytes(blob) for name, blob in awaited},
        served,
        done.runtimes["readers"].states,
    )


def given_lists() -> list[dict[str, Any]]:
    """Readers of whom nothing is known; even articles are clicked, odd ones seldom."""
    dice, found = np.random.default_rng(1), lists(300, seed=21)
    for of in found:
        p = [0.5 if topic(article) == "even" else 0.05 for article in of["articles"]]
        of["recent_articles"], of["clicked"] = [], (dice.random(len(p)) < p).tolist()
    return found


NEW = given_lists()[-1] | {
    "list_id": "new",
    "at_ms": given_lists()[-1]["at_ms"] + 10_000_000,
    "list_length": 2,
    "articles": ["🦊 new", "🦊 plain"],
    "clicked": [False, False],
}


def expected_models() -> Iterator[Posteriors]:
    """Of the topics even and odd after each batch, by the definition of the keyword prior."""
    by_id = {of["list_id"]: of for of in given_lists()}
    names = sorted({article for of in by_id.values() for article in of["articles"]})
    term = np.array([["even", "odd"].index(topic(name)) for name in names])
    terms = Terms(term, np.ones(len(names)), np.arange(len(names) + 1))
    models = Posteriors.prior(2, np.full(3, SETTINGS.articles.variance))
    for batch in batches(rows(given_lists()), [20]):
        known = [by_id[name] for kind, name in zip(batch[1], batch[3], strict=True) if kind == "known"]
        if known:
            article = np.array([names.index(a) for of in known for a in of["articles"]])
            y = np.array([c for of in known for c in of["clicked"]], dtype=np.float64)
            chance = np.array([np.mean(of["clicked"]) for of in known for _ in of["articles"]])
            X = np.column_stack([np.ones(len(y)), np.zeros((len(y), 2))])
            models = learn_terms(models, terms, article, X, y, logit(np.clip(chance, *CHANCES)))
        yield models


def test_a_new_article_starts_at_what_articles_of_its_terms_have_taught() -> None:
    articles = sorted({article for of in given_lists() for article in of["articles"]})
    predicted, served, states = told([said_of(name, topic(name)) for name in articles])
    *_, models = expected_models()
    alone = Terms(np.array([0]), np.ones(1), np.array([0, 1]))
    start = prior_means(models, alone, np.array([0]))[0]
    assert start[0] > 0.3, "nothing was learnt: shows nothing"

    departure = statistics_of(predicted["new"].statistics).departure
    assert departure == pytest.approx([start[0], 0.0], abs=1e-9)
    assert served["🦊 new"].mean[0] == pytest.approx(start, rel=1e-6), "served before its first list"
    assert served["🦊 new"].absorbed.tolist() == [0]
    assert len(list(states["term_models"].keys())) == 2


def test_an_article_that_waits_for_its_first_list_starts_at_what_is_known_by_then() -> None:
    articles = sorted({article for of in given_lists() for article in of["articles"]})
    everything = [*articles, "🦊 new", "🦊 waiting"]
    done, served, models = steps(), {}, expected_models()
    alone, start = Terms(np.array([0]), np.ones(1), np.array([0, 1])), np.zeros(3)
    for name in everything:
        list(
            done.process(batches([said_of(name, "even" if name in everything[-2:] else topic(name))], [1])[0])
        )
    for batch in batches(rows(given_lists()), [20]):
        for row in done.process(batch):
            if row[0] == ARTICLE:
                served[row[1]] = ServedArticles.unpack([row[4]], 4, 2)
        start = prior_means(next(models), alone, np.array([0]))[0]
        if start.any():
            assert served["🦊 waiting"].mean[0] == pytest.approx(start, rel=1e-6), "stale"
    assert start[0] > 0.3, "nothing was learnt: shows nothing"
    list(done.process(batches(rows([NEW])[:1], [1])[0]))
    new = dict(done.runtimes["shared"].states["awaited"].items())["new"]
    departure = statistics_of(PredictedList.from_bytes(new).statistics).departure
    assert departure == pytest.approx([start[0], 0.0], abs=1e-9)
    waiting = dict(done.runtimes["readers"].states["unshown"].items())
    assert "🦊 waiting" in waiting
    assert not {"🦊 new", *given_lists()[0]["articles"]} & set(waiting)


def test_without_features_no_term_is_kept_and_new_articles_start_flat() -> None:
    predicted, served, states = told([])
    assert statistics_of(predicted["new"].statistics).departure == pytest.approx([0.0, 0.0])
    assert served["🦊 new"].mean[0].tolist() == [0.0, 0.0, 0.0]
    assert not list(states["term_models"].keys())


def test_an_article_that_was_shown_before_it_was_described_goes_on_as_it_is() -> None:
    given, done = given_lists(), steps()
    articles = sorted({article for of in given for article in of["articles"]})
    described = [said_of(name, topic(name)) for name in articles]
    for batch in batches([*described, *rows(given)], [len(described) + 20, 20]):
        list(done.process(batch))
    before = done.articles()
    list(done.process(batches(described, [len(described)])[0]))
    assert done.articles() == before
