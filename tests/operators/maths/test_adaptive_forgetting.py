"""Members that forget at different rates: the one that predicts best leads."""

import numpy as np
import pytest
from scipy.special import expit

from operators.maths.adaptive_forgetting import Forgetting, ForgettingSettings, collapsed, learn, mixed
from operators.maths.bayesian_logistic import Posteriors, predict, update

HOUR = 3_600_000
SETTINGS = ForgettingSettings((float("inf"), 20.0 * HOUR, 2.0 * HOUR), 100.0 * HOUR)


def followed(drift: float, settings: ForgettingSettings, batches: int = 150) -> tuple[Forgetting, float]:
    """After hourly batches whose truth turns by `drift` radians an hour; mean log loss of the second half."""
    random = np.random.default_rng(3)
    models, losses = Forgetting.fresh(np.zeros(3), np.ones(3), settings), []
    for hour in range(batches):
        X = np.column_stack([np.ones(100), random.normal(size=(100, 2))])
        truth = np.array([-1.0, 2 * np.cos(drift * hour), 2 * np.sin(drift * hour)])
        y = (random.random(100) < expit(X @ truth)).astype(float)
        a, _ = mixed(models, X, np.zeros(100))
        losses.append((np.logaddexp(0, a) - y * a).mean())
        models = learn(models, X, y, np.zeros(100), hour * HOUR, settings)
    return models, float(np.mean(losses[batches // 2 :]))


def test_a_world_that_turns_is_followed_by_the_member_that_forgets() -> None:
    models, loss = followed(0.1, SETTINGS)
    _, never = followed(0.1, ForgettingSettings((float("inf"),), HOUR))
    assert models.weight[2] > 0.9
    assert loss < never - 0.1


def test_a_world_that_stays_is_followed_by_the_member_that_remembers() -> None:
    models, loss = followed(0.0, SETTINGS)
    _, fast = followed(0.0, ForgettingSettings((2.0 * HOUR,), HOUR))
    assert models.weight[2] < 0.1
    assert loss < fast


def test_one_member_that_never_forgets_is_the_plain_update() -> None:
    random = np.random.default_rng(1)
    X, y, offset = (
        random.normal(size=(30, 2)),
        (random.random(30) < 0.5).astype(float),
        random.normal(size=30),
    )
    settings = ForgettingSettings((float("inf"),), HOUR)
    found = learn(Forgetting.fresh(np.zeros(2), np.ones(2), settings), X, y, offset, HOUR, settings)
    rows = np.zeros(30, dtype=int)
    plain = update(Posteriors.prior(1, np.ones(2)), X, y, rows, offset)
    a, variance = mixed(found, X, offset)
    expected = predict(plain, X, rows, offset)
    np.testing.assert_allclose(a, expected[0])
    np.testing.assert_allclose(variance, expected[1])


def test_no_rows_change_nothing_and_late_batches_forget_nothing() -> None:
    models, _ = followed(0.0, SETTINGS, batches=5)
    nothing = np.zeros(0)
    assert learn(models, np.zeros((0, 3)), nothing, nothing, 10**12, SETTINGS) is models
    X, y = np.ones((1, 3)), np.ones(1)
    late = learn(models, X, y, np.zeros(1), -(10**9), SETTINGS)
    assert late.at_ms == models.at_ms
    for before, after in zip(models.members, late.members, strict=True):
        assert (np.linalg.eigvalsh(after.precision[0] - before.precision[0]) > -1e-9).all()


def test_members_that_disagree_make_the_mixture_less_sure() -> None:
    apart = [Posteriors(np.array([[m]]), np.array([[[1.0]]])) for m in (-1.0, 1.0)]
    models = Forgetting(Posteriors.prior(1, np.ones(1)), tuple(apart), np.zeros(2))
    a, variance = mixed(models, np.ones((1, 1)), np.zeros(1))
    assert a[0] == pytest.approx(0.0)
    assert variance[0] == pytest.approx(2.0)  # one within, one between


def test_the_mixture_in_one_posterior_predicts_what_the_members_do() -> None:
    models, _ = followed(0.05, SETTINGS, batches=20)
    assert np.ptp(models.weight) > 0.01, "members differ"
    X = np.random.default_rng(4).normal(size=(50, 3))
    a, variance = (
        np.stack(of) for of in zip(*(predict(m, X, None, np.ones(50)) for m in models.members), strict=True)
    )
    expected = models.weight @ a
    spread = models.weight @ (variance + (a - expected) ** 2)
    mean, covariance = collapsed(models)
    np.testing.assert_allclose(X @ mean + 1, expected)
    np.testing.assert_allclose(np.einsum("ni,ij,nj->n", X, covariance, X), spread)
    for found, known in zip(mixed(models, X, np.ones(50)), (expected, spread), strict=True):
        np.testing.assert_allclose(found, known)
