"""The client's probabilities are those of the bandit's maths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.layouts.linear_bandit import LinearSettings, choice_probabilities, features, values
from schemas.layouts import LinearPolicy
from tidemark.layout_values import layout_probabilities


@given(seed=st.integers(0, 10_000), layouts=st.integers(2, 20), segments=st.integers(1, 12))
def test_they_are_the_twins(seed: int, layouts: int, segments: int) -> None:
    random = np.random.default_rng(seed)
    d = segments + 1
    mean, root = random.normal(0.3, 0.05, (layouts, d)), random.normal(0, 0.02, (layouts, d, d))
    covariance = root @ np.swapaxes(root, 1, 2)
    settings = LinearSettings(spread=1.0, floor=0.01)
    affinities = random.normal(0, 2, segments)
    expected = choice_probabilities(*values(mean, covariance, features(affinities[None])), settings)[0]
    upper = np.triu_indices(d)
    numbers = np.concatenate([mean, covariance[:, upper[0], upper[1]]], axis=1)
    policy = LinearPolicy(settings.floor, tuple(map(tuple, numbers.tolist())))
    assert layout_probabilities(policy, affinities.tolist()) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert LinearPolicy.unpacked(policy.packed(), layouts) == policy


def test_affinities_of_another_number_are_cut_or_filled_with_zeros() -> None:
    policy = LinearPolicy(0.0, ((0.3, 0.1, 0.01, 0.0, 0.01), (0.3, -0.1, 0.01, 0.0, 0.01)))
    assert layout_probabilities(policy, (1.0, 9.0)) == layout_probabilities(policy, (1.0,))
    assert layout_probabilities(policy, ()) == pytest.approx((0.5, 0.5))
