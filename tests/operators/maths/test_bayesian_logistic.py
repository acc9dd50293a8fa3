"""Laplace updates against scikit-learn, scipy's minimiser and sampling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from operators.maths.bayesian_logistic import Posteriors, forget, interval, predict, probability, update

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # type: ignore[type-arg]


def rows(seed: int, n: int = 40, d: int = 3, models: int = 4, scale: float = 1.0) -> Rows:
    """X, y, model, offset."""
    random = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), scale * random.normal(size=(n, d - 1))])
    return (
        X,
        (random.random(n) < 0.3).astype(float),
        random.integers(models, size=n),
        random.normal(size=n) - 1,
    )


def prior(models: int = 4, d: int = 3, variance: float = 0.5) -> Posteriors:
    return Posteriors.prior(models, np.full(d, variance))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_mode_and_precision_are_those_of_the_log_posterior(seed: int) -> None:
    X, y, model, offset = rows(seed)
    found = update(prior(), X, y, model, offset)
    for a in range(4):
        mine = model == a

        def loss(w, mine=mine):  # type: ignore[no-untyped-def]
            z = X[mine] @ w + offset[mine]
            return (np.logaddexp(0, z) - y[mine] * z).sum() + w @ w / 2 / 0.5

        mode = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
        np.testing.assert_allclose(found.mean[a], mode, atol=1e-5)
        p = expit(X[mine] @ mode + offset[mine])
        hessian = np.eye(3) / 0.5 + (X[mine] * (p * (1 - p))[:, None]).T @ X[mine]
        np.testing.assert_allclose(found.precision[a], hessian, rtol=1e-4, atol=1e-5)  # as of the last step


def test_one_model_learns_what_scikit_learn_fits() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y, _, _ = rows(1, n=400, models=1)
    found = update(prior(1), X, y, np.zeros(400, dtype=int), np.zeros(400))
    fitted = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(found.mean[0], fitted.coef_[0], atol=1e-4)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_models_side_by_side_are_the_models_alone(seed: int) -> None:
    X, y, model, offset = rows(seed)
    together = update(prior(), X, y, model, offset)
    for a in range(4):
        mine = model == a
        alone = update(prior(1), X[mine], y[mine], np.zeros(mine.sum(), dtype=int), offset[mine])
        np.testing.assert_allclose(together.mean[a], alone.mean[0], atol=1e-9)
        np.testing.assert_allclose(together.precision[a], alone.precision[0], atol=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_is_irrelevant(seed: int) -> None:
    X, y, model, offset = rows(seed)
    order = np.random.default_rng(seed).permutation(len(X))
    one, other = (
        update(prior(), X, y, model, offset),
        update(prior(), X[order], y[order], model[order], offset[order]),
    )
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)


def test_no_rows_change_nothing_and_a_model_without_rows_stays() -> None:
    X, y, _, offset = rows(2)
    start = update(prior(), X, y, np.zeros(40, dtype=int), offset)
    assert update(start, X[:0], y[:0], np.zeros(0, dtype=int), offset[:0]) is start
    after = update(start, X, y, np.full(40, 2), offset)
    np.testing.assert_allclose(after.mean[[0, 1, 3]], start.mean[[0, 1, 3]], atol=1e-9)
    np.testing.assert_array_equal(after.precision[[0, 1, 3]], start.precision[[0, 1, 3]])


@given(
    seed=st.integers(0, 10**6),
    scale=st.sampled_from([1e-8, 1.0, 1e3, 1e6]),
    shift=st.sampled_from([-40.0, 0.0, 40.0]),
    outcome=st.sampled_from([0.0, 1.0, None]),
)
@settings(max_examples=60, deadline=None)
def test_any_rate_and_any_feature_keep_it_finite_and_less_wrong(
    seed: int, scale: float, shift: float, outcome: float | None
) -> None:
    X, y, model, offset = rows(seed, scale=scale)
    y = y if outcome is None else np.full(len(y), outcome)
    found = update(prior(), X, y, model, offset + shift)
    a, variance = predict(found, X, model, offset + shift)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(a).all()
    assert (np.linalg.eigvalsh(found.precision) > 0).all()
    assert np.isfinite(variance).all()

    def loss(log_odds: np.ndarray) -> float:  # type: ignore[type-arg]
        return float((np.logaddexp(0, log_odds) - y * log_odds).sum())

    assert loss(a) <= loss(offset + shift) + 1e-6


def test_the_mean_probability_is_that_of_samples() -> None:
    a, variance = np.array([-3.0, -1.0, 0.5]), np.array([0.5, 2.0, 1.0])
    drawn = expit(a + np.sqrt(variance) * np.random.default_rng(1).normal(size=(200_000, 3)))
    np.testing.assert_allclose(probability(a, variance), drawn.mean(axis=0), atol=0.01)


def test_nine_in_ten_samples_lie_in_the_interval() -> None:
    a, variance = np.array([-3.0, -1.0]), np.array([0.5, 2.0])
    low, high = interval(a, variance)
    drawn = expit(a + np.sqrt(variance) * np.random.default_rng(1).normal(size=(100_000, 2)))
    np.testing.assert_allclose(((low <= drawn) & (drawn <= high)).mean(axis=0), 0.9, atol=0.005)


def test_variance_is_that_of_the_posterior() -> None:
    X, y, model, offset = rows(3)
    found = update(prior(), X, y, model, offset)
    _, variance = predict(found, X, model, offset)
    for i in range(len(X)):
        assert variance[i] == pytest.approx(X[i] @ np.linalg.inv(found.precision[model[i]]) @ X[i])


def test_forgetting_all_is_the_prior_and_nothing_is_nothing() -> None:
    X, y, model, offset = rows(4)
    learnt = update(prior(), X, y, model, offset)
    np.testing.assert_allclose(forget(learnt, prior(), 0.0).mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(forget(learnt, prior(), 1.0).mean, learnt.mean, atol=1e-9)
    twice = forget(forget(learnt, prior(), 0.8), prior(), 0.5)
    np.testing.assert_allclose(twice.mean, forget(learnt, prior(), 0.4).mean, atol=1e-9)
    np.testing.assert_allclose(twice.precision, forget(learnt, prior(), 0.4).precision, atol=1e-9)


@pytest.mark.parametrize("where", ["X", "offset"])
def test_what_is_not_finite_is_refused(where: str) -> None:
    X, y, model, offset = rows(5)
    (X if where == "X" else offset)[3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        update(prior(), X, y, model, offset)


def test_shapes_that_disagree_are_refused() -> None:
    X, y, model, offset = rows(6)
    with pytest.raises(ValueError, match="rows: X 40, y 39"):
        update(prior(), X, y[:-1], model, offset)
    with pytest.raises(ValueError, match="3 coefficients"):
        update(prior(), X[:, :2], y, model, offset)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_model_is_the_same_to_the_last_digit_whatever_others_are_updated_with_it(seed: int) -> None:
    X, y, model, offset = rows(seed)
    together = update(prior(), X, y, model, offset)
    a, variance = predict(together, X, model, offset)
    for one in range(4):
        mine, zeros = model == one, np.zeros((model == one).sum(), dtype=np.int64)
        alone = update(prior(1), X[mine], y[mine], zeros, offset[mine])
        np.testing.assert_array_equal(alone.mean[0], together.mean[one])
        np.testing.assert_array_equal(alone.precision[0], together.precision[one])
        if mine.any():
            found = predict(alone, X[mine], zeros, offset[mine])
            np.testing.assert_array_equal(np.stack(found), np.stack([a[mine], variance[mine]]))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_one_model_for_all_rows_is_one_of_several_that_has_them_all(seed: int) -> None:
    X, y, _, offset = rows(seed)
    every = np.zeros(len(X), dtype=np.int64)
    found, expected = (update(prior(1), X, y, of, offset) for of in (None, every))
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.precision, expected.precision, rtol=1e-9, atol=1e-12)
    for told, known in zip(predict(found, X, None, offset), predict(found, X, every, offset), strict=True):
        np.testing.assert_allclose(told, known, rtol=1e-9)
