"""The choice model's steps follow its likelihood, and it finds what made the choices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.preferences.choice_features import DAY_MS, Histories, count_of, features
from operators.maths.preferences.choice_model import (
    ChoiceModel,
    ChoiceSettings,
    choice_shares,
    learn_choices,
    predict_choices,
    towards_segment,
)

HALF_LIVES_MS = np.array([1_800_000.0, 7 * DAY_MS, 90 * DAY_MS])
SETTINGS = ChoiceSettings(smoothing=3.0)
STEADY = ChoiceSettings(smoothing=3.0, steadiness=1e9, steadiness_of_values=1e9, half_life_ms=1e30)
AT_MS, N, C = 1_700_000_000_000, 7, 5
K = count_of(3)


def batch(seed: int, n: int = N) -> tuple[Histories, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Visitors with some values, chosen at random; everybody's shares; what they choose."""
    random = np.random.default_rng(seed)
    days = random.gamma(1.0, 20.0, (n, C))
    never = random.random((n, C)) < 0.4
    weights = random.gamma(1.0, 5.0, (n, C))
    at = AT_MS + random.integers(0, 7 * DAY_MS, n)
    logs = np.log2(weights) + (at[:, None] - DAY_MS * days) / HALF_LIVES_MS[:, None, None]
    values = np.where(never, -np.inf, logs)
    totals = np.logaddexp2.reduce(values, axis=2)
    chosen = (random.random((n, C)) < 0.4).astype(float)
    return Histories(values, totals, at), random.dirichlet(np.full(C, 3.0)), chosen


def likelihood(model: ChoiceModel, seed: int) -> float:
    """Of the choices, each visitor's weighed by 1/IDCG."""
    histories, everybody, chosen = batch(seed)
    p = predict_choices(model, histories, HALF_LIVES_MS, everybody, STEADY)
    size = chosen.sum(axis=1).astype(int)
    ideal = [sum(1 / np.log2(place + 1) for place in range(1, max(s, 1) + 1)) for s in size]
    return float(((chosen * np.log(p)).sum(axis=1) / ideal).sum())


@given(seed=st.integers(0, 1000))
def test_shares_sum_to_one(seed: int) -> None:
    histories, everybody, _ = batch(seed)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    p = predict_choices(model, histories, HALF_LIVES_MS, everybody, SETTINGS)
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_before_it_has_learned_it_is_the_longest_horizon_smoothed() -> None:
    histories, everybody, _ = batch(1)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    p = predict_choices(model, histories, HALF_LIVES_MS, everybody, SETTINGS)
    x = 2.0 ** (histories.values[2] - histories.at_ms[:, None] / HALF_LIVES_MS[2])
    expected = (x + 3 * everybody) / (x.sum(axis=1, keepdims=True) + 3)
    np.testing.assert_allclose(p, expected, rtol=1e-9)


@pytest.mark.parametrize("feature", range(K))
def test_a_step_follows_the_slope_of_the_likelihood(feature: int) -> None:
    """Where the information held outweighs the batch's, a step is the gradient over it."""
    model = ChoiceModel.prior(HALF_LIVES_MS, C, STEADY)
    histories, everybody, chosen = batch(3)
    after = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, STEADY)
    nudge = np.zeros(K)
    nudge[feature] = 1e-5
    up, down = (likelihood(replace(model, shared=model.shared + s * nudge), 3) for s in (1, -1))
    assert (after.shared - model.shared)[feature] * 1e9 == pytest.approx((up - down) / 2e-5, abs=1e-4)
    own = np.zeros((C, K))
    own[2, feature] = 1e-5
    up, down = (likelihood(replace(model, own=model.own + s * own), 3) for s in (1, -1))
    assert after.own[2, feature] * 1e9 == pytest.approx((up - down) / 2e-5, abs=1e-4)


def test_the_information_is_the_curvature_of_the_likelihood_of_a_value() -> None:
    """At most one value a choice, so that weights are 1: Fisher's information is Σ p(1 - p) φφᵀ."""
    histories, everybody, _ = batch(4)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, STEADY)
    chosen = np.eye(C)[[0, 1, 2, 3, 4, 0, 1]]
    after = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, STEADY)
    F = features(histories, HALF_LIVES_MS, everybody, 3.0)
    p = choice_shares(model.weights, F, everybody)
    expected = np.einsum("n,nj,nk->jk", p[:, 1] * (1 - p[:, 1]), F[:, 1], F[:, 1])
    np.testing.assert_allclose(after.own_information[1] - model.own_information[1], expected, atol=1e-6)


def test_the_order_of_visitors_does_not_matter_nor_how_many_are_taken_at_once() -> None:
    histories, everybody, chosen = batch(5, n=600)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    turned = Histories(histories.values[:, ::-1], histories.totals[:, ::-1], histories.at_ms[::-1])
    one = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, SETTINGS)
    other = learn_choices(
        model, turned, HALF_LIVES_MS, np.broadcast_to(everybody, (600, C)), chosen[::-1], 0, SETTINGS
    )
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-9)


def test_visitors_who_chose_nothing_teach_nothing() -> None:
    histories, everybody, chosen = batch(6)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    after = learn_choices(model, histories, HALF_LIVES_MS, everybody, np.zeros_like(chosen), 0, SETTINGS)
    np.testing.assert_array_equal(after.weights, model.weights)
    np.testing.assert_array_equal(after.own_information, model.own_information)


def test_an_empty_batch_only_forgets() -> None:
    histories, everybody, chosen = batch(7)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    learned = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, SETTINGS)
    nobody, half_life_ms = histories.rows(slice(0)), SETTINGS.half_life_ms
    later = learn_choices(learned, nobody, HALF_LIVES_MS, everybody, chosen[:0], half_life_ms, SETTINGS)
    np.testing.assert_array_equal(later.weights, learned.weights)
    np.testing.assert_allclose(later.information, (learned.information + model.information) / 2)
    assert len(predict_choices(model, nobody, HALF_LIVES_MS, everybody, SETTINGS)) == 0


def learned(seed: int, score: object, batches: int = 150) -> ChoiceModel:
    """From choices of one value each, made with the weights of `score(F)`."""
    random = np.random.default_rng(seed)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    for b in range(batches):
        histories, everybody, _ = batch(1000 * seed + b, n=40)
        F = features(histories, HALF_LIVES_MS, everybody, SETTINGS.smoothing)
        p = choice_shares(score, F, everybody)  # type: ignore[arg-type]
        chosen = np.array([random.multinomial(1, row) for row in p], dtype=float)
        model = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, SETTINGS)
    return model


def test_what_made_the_choices_is_found() -> None:
    """Weights of features that go together are not told apart; the shares that they give are."""
    truth = np.zeros((C, K))
    truth[:, 2] = 2.0  # the middle horizon
    truth[3, 10] = -2.0  # value 3 is not chosen twice
    histories, everybody, _ = batch(99, n=200)
    F = features(histories, HALF_LIVES_MS, everybody, SETTINGS.smoothing)
    expected = choice_shares(truth, F, everybody)

    def divergence(model: ChoiceModel) -> float:
        p = choice_shares(model.weights, F, everybody)
        return float((expected * np.log(expected / p)).sum(axis=1).mean())

    before = divergence(ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS))
    assert divergence(learned(8, truth)) < 0.1 * before


def test_weights_follow_their_values_when_others_come() -> None:
    histories, everybody, chosen = batch(9)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    model = learn_choices(model, histories, HALF_LIVES_MS, everybody, chosen, 0, SETTINGS)
    moved = model.of_values(np.array([4, -1, 0]), SETTINGS)
    np.testing.assert_array_equal(moved.own, [model.own[4], np.zeros(K), model.own[0]])
    np.testing.assert_array_equal(moved.own_information[1], np.eye(K) * SETTINGS.steadiness_of_values)
    none = ChoiceModel.prior(HALF_LIVES_MS, 0, SETTINGS).of_values(np.array([-1]), SETTINGS)
    assert none.own.shape == (1, K)


def test_half_way_to_the_segment() -> None:
    everybody, segment = np.array([0.5, 0.5]), np.array([[0.8, 0.2], [0.5, 0.5]])
    m = towards_segment(everybody, segment)
    np.testing.assert_allclose(m[0, 0] / m[0, 1], 2.0)
    np.testing.assert_allclose(m[1], everybody)
    np.testing.assert_allclose(towards_segment(everybody, segment, 1.0), segment)
