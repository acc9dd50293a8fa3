"""Off-policy estimates against a world whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest

from operators.maths.layouts.off_policy import (
    Estimate,
    Logged,
    doubly_robust,
    effective_size,
    enough_data,
    ips,
    snips,
)

RATES = np.array([0.05, 0.10, 0.30])
TARGET = np.array([0.1, 0.2, 0.7])
LOGGING = np.array([0.5, 0.3, 0.2])
TRUTH = float(RATES @ TARGET)


def log(n: int, seed: int) -> tuple[Logged, np.ndarray]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    shown = random.choice(3, n, p=LOGGING)
    reward = (random.random(n) < RATES[shown]).astype(float)
    return Logged(LOGGING[shown], TARGET[shown], reward), shown


POOR = np.array([0.1, 0.1, 0.2])  # a model; the propensities are right
ESTIMATES: dict[str, Callable[..., Estimate]] = {
    "ips": lambda logged, _: ips(logged),
    "snips": lambda logged, _: snips(logged),
    "doubly robust": lambda logged, shown: doubly_robust(
        logged, POOR[shown], np.full(len(shown), POOR @ TARGET)
    ),
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_intervals_hold_the_truth_as_often_as_they_say(name: str) -> None:
    found = [ESTIMATES[name](*log(800, seed)) for seed in range(300)]
    assert 0.91 <= np.mean([estimate.low <= TRUTH <= estimate.high for estimate in found]) <= 0.99


def test_a_right_model_makes_up_for_wrong_propensities() -> None:
    logged, shown = log(20_000, 1)
    wrong = Logged(np.full(20_000, 1 / 3), logged.target, logged.reward)
    estimate = doubly_robust(wrong, RATES[shown], np.full(20_000, TRUTH))
    assert estimate.low <= TRUTH <= estimate.high


def test_the_logging_policy_itself_is_the_mean_reward() -> None:
    logged, _ = log(500, 2)
    same = Logged(logged.propensity, logged.propensity, logged.reward)
    assert ips(same).value == pytest.approx(logged.reward.mean())
    assert snips(same).value == pytest.approx(logged.reward.mean())


def test_snips_stays_inside_the_range_of_rewards() -> None:
    for seed in range(20):
        assert 0 <= snips(log(5, seed)[0]).value <= 1


def test_a_few_heavy_exposures_are_not_enough_data() -> None:
    heavy = Logged(np.append(np.ones(999), 0.001), np.full(1000, 0.5), np.append(np.zeros(999), 1.0))
    assert not enough_data(heavy)
    assert enough_data(log(2000, 3)[0])


def test_nothing_logged_is_not_enough_data() -> None:
    nothing = Logged(np.zeros(0), np.zeros(0), np.zeros(0))
    for estimate in (ips(nothing), snips(nothing)):
        assert not estimate.enough
        assert np.isnan(estimate.value)


def test_equal_weights_are_worth_as_many_as_they_are() -> None:
    assert effective_size(np.full(40, 3.0)) == pytest.approx(40)
    assert effective_size(np.zeros(3)) == 0


def test_propensities_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="propensity is not in"):
        Logged(np.zeros(1), np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="differ in length"):
        Logged(np.ones(2), np.ones(1), np.ones(1))
