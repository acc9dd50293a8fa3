"""The mixture's slopes are those of its likelihood, and it finds the weights that made the data."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.preferences.preference_mixture import Mixture, MixtureSettings, learn, predict

SETTINGS = MixtureSettings()
H, N, C = 2, 5, 6


def batch(seed: int) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    X = random.gamma(0.5, 6.0, (H, N, C))
    everybody = random.dirichlet(np.ones(C))
    segment = random.dirichlet(np.ones(C) * 3, N) * 0.9 + 0.1 * everybody
    counts = random.integers(0, 3, (N, C)).astype(float)
    return X, segment, everybody, counts


def likelihood(mixture: Mixture, seed: int) -> float:
    X, segment, everybody, counts = batch(seed)
    return float((counts * np.log(predict(mixture, X, segment, everybody).p)).sum())


@given(seed=st.integers(0, 10_000))
def test_shares_sum_to_one(seed: int) -> None:
    X, segment, everybody, _ = batch(seed)
    p = predict(Mixture.prior(H, C, SETTINGS), X, segment, everybody).p
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (p > 0).all()


@pytest.mark.parametrize("parameter", range(H + 1))
def test_a_step_follows_the_slope_of_the_likelihood(parameter: int) -> None:
    """Where the information held outweighs the batch's, a step is the gradient over it."""
    steady = MixtureSettings(forgetting=1.0, steadiness=1e9, steadiness_of_strengths=1e9)
    mixture = Mixture.prior(H, C, steady)
    X, segment, everybody, counts = batch(3)
    after = learn(mixture, predict(mixture, X, segment, everybody), X, counts, steady)
    nudge = np.zeros(H + 1)
    nudge[parameter] = 1e-5
    up, down = (likelihood(replace(mixture, shared=mixture.shared + sign * nudge), 3) for sign in (1, -1))
    assert (after.shared - mixture.shared)[parameter] * 1e9 == pytest.approx((up - down) / 2e-5, rel=1e-3)


@pytest.mark.parametrize("value", range(C))
def test_a_step_of_a_strength_follows_the_slope_too(value: int) -> None:
    steady = MixtureSettings(forgetting=1.0, steadiness=1e9, steadiness_of_strengths=1e9)
    mixture = Mixture.prior(H, C, steady)
    X, segment, everybody, counts = batch(4)
    after = learn(mixture, predict(mixture, X, segment, everybody), X, counts, steady)
    nudge = np.zeros(C)
    nudge[value] = 1e-5
    up, down = (
        likelihood(replace(mixture, strengths=mixture.strengths + sign * nudge), 4) for sign in (1, -1)
    )
    step = (after.strengths - mixture.strengths)[value] * 1e9
    assert step == pytest.approx((up - down) / 2e-5, rel=1e-3, abs=1e-4)


def test_an_empty_batch_teaches_nothing() -> None:
    mixture = Mixture.prior(H, C, SETTINGS)
    X, segment, everybody, counts = batch(1)
    assert (
        learn(mixture, predict(mixture, X, segment, everybody), X, np.zeros_like(counts), SETTINGS) is mixture
    )


def test_nothing_known_of_a_visitor_gives_the_mean_between_segment_and_everybody() -> None:
    _, segment, everybody, _ = batch(2)
    p = predict(Mixture.prior(H, C, SETTINGS), np.zeros((H, N, C)), segment, everybody).p
    half = np.sqrt(segment * everybody)
    np.testing.assert_allclose(p, half / half.sum(axis=1, keepdims=True))


def test_the_horizon_that_made_the_purchases_wins() -> None:
    random = np.random.default_rng(6)
    mixture, everybody = Mixture.prior(2, 20, SETTINGS), np.full(20, 0.05)
    for _ in range(150):
        taste, noise = random.dirichlet(np.full(20, 0.2), (2, 30))
        X = np.stack([taste * 100, noise * 100])
        counts = np.array([random.multinomial(5, t) for t in taste], dtype=float)
        segment = np.broadcast_to(everybody, (30, 20))
        mixture = learn(mixture, predict(mixture, X, segment, everybody), X, counts, SETTINGS)
    assert mixture.weights[0] > 20 * mixture.weights[1]


def test_what_a_segment_says_is_learned() -> None:
    random = np.random.default_rng(7)
    mixture, everybody = Mixture.prior(1, 20, SETTINGS), np.full(20, 0.05)
    for _ in range(150):
        segment = random.dirichlet(np.full(20, 1.0), 30)
        counts = np.array([random.multinomial(5, s) for s in segment], dtype=float)
        X = np.zeros((1, 30, 20))
        mixture = learn(mixture, predict(mixture, X, segment, everybody), X, counts, SETTINGS)
    assert mixture.say_of_segment == pytest.approx(1.0, abs=0.05)
