"""Where articles start: at what their terms have taught."""

import numpy as np
from scipy.special import expit

from operators.maths.articles.keyword_prior import Terms, learn_terms, prior_means
from operators.maths.bayesian_logistic import Posteriors, update

NONE = Posteriors.prior(3, np.full(2, 0.5))
TERMS = Terms(np.array([0, 1, 2]), np.array([1.0, 0.6, 0.8]), np.array([0, 1, 3, 3]))
"""The first article has term 0, the second 1 and 2, the third none."""


def test_before_anything_was_learnt_articles_start_at_nothing() -> None:
    assert prior_means(NONE, TERMS, np.array([0, 1, 2])).tolist() == [[0.0, 0.0]] * 3


def test_an_article_starts_at_the_weighted_sum_of_its_terms() -> None:
    mean = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    found = prior_means(Posteriors(mean, NONE.precision), TERMS, np.array([1, 0, 2, 1]))
    both = 0.6 * mean[1] + 0.8 * mean[2]
    np.testing.assert_allclose(found, [both, mean[0], [0.0, 0.0], both])


def test_a_term_alone_learns_as_an_articles_own_model_does() -> None:
    X, y, offset = np.array([[1.0, 0.5], [1.0, -0.5]]), np.array([1.0, 0.0]), np.array([-1.0, -2.0])
    found = learn_terms(NONE, TERMS, np.array([0, 0]), X, y, offset)
    expected = update(NONE, X, y, np.array([0, 0]), offset)
    np.testing.assert_allclose(found.mean, expected.mean)
    np.testing.assert_allclose(found.precision, expected.precision)


def test_an_article_without_terms_teaches_none() -> None:
    found = learn_terms(NONE, TERMS, np.array([2]), np.ones((1, 2)), np.ones(1), np.zeros(1))
    np.testing.assert_array_equal(found.mean, NONE.mean)
    np.testing.assert_array_equal(found.precision, NONE.precision)


def test_articles_of_which_no_click_is_known_start_where_their_terms_truly_are() -> None:
    """Two kinds of terms, a batch at a time: every pair's departure is found, also of pairs never shown."""
    random = np.random.default_rng(1)
    truth = np.array([0.9, -0.9, 0.6, -0.6])  # terms 0 and 1 of one kind, 2 and 3 of another
    pairs = np.array([[0, 2], [0, 3], [1, 2], [1, 3]])
    terms = Terms(pairs.ravel(), np.full(8, np.sqrt(0.5)), np.arange(0, 9, 2))
    models = Posteriors.prior(4, np.full(1, 0.5))
    for _ in range(150):
        article = random.integers(3, size=40)  # the fourth pair is never shown
        y = (random.random(40) < expit(-1.0 + truth[pairs[article]].sum(axis=1))).astype(float)
        models = learn_terms(models, terms, article, np.ones((40, 1)), y, np.full(40, -1.0))
    found = prior_means(models, terms, np.arange(4))[:, 0]
    np.testing.assert_allclose(found, truth[pairs].sum(axis=1), atol=0.3)
