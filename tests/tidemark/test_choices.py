"""The client's choice model against the numpy that the job runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.preferences import choice_features, choice_model
from operators.maths.preferences.choice_features import DAY_MS, Histories
from operators.maths.preferences.choice_model import (
    ChoiceModel,
    ChoiceSettings,
    predict_choices,
    towards_segment,
)
from schemas.preference_choices import FacetChoices
from tests.operators.maths.preferences.test_choice_model import HALF_LIVES_MS, K, batch
from tidemark import choices
from tidemark.choices import Choices

C, SETTINGS = 5, ChoiceSettings()
VALUES = [f"é{c}".encode() for c in range(C)]


def learned(seed: int) -> tuple[ChoiceModel, np.ndarray, Choices]:  # type: ignore[type-arg]
    """A model with weights made up, everybody's shares, and what the client reads of both."""
    random = np.random.default_rng(seed)
    model = ChoiceModel.prior(HALF_LIVES_MS, C, SETTINGS)
    shared = model.shared + random.normal(0, 0.3, K)
    model = ChoiceModel(shared, random.normal(0, 0.5, (C, K)), model.information, model.own_information)
    everybody = random.dirichlet(np.full(C, 2.0))
    found = FacetChoices(
        0, 7, VALUES, everybody, model.weights, shared, float(everybody.min()), SETTINGS.smoothing
    )
    return model, everybody, Choices(found.fields())


def asked(
    found: Choices, histories: Histories, i: int, lifts: dict[bytes, float] | None = None
) -> list[float]:
    own = {
        VALUES[c]: tuple(histories.values[:, i, c]) for c in range(C) if histories.values[0, i, c] > -np.inf
    }
    totals = tuple(histories.totals[:, i]) if own else None
    half_lives_ms = [int(h) for h in HALF_LIVES_MS]
    shares = found.shares(own, totals, half_lives_ms, int(histories.at_ms[i]), lifts)
    return [shares[value] for value in VALUES]


@given(seed=st.integers(0, 10_000))
def test_the_client_computes_what_the_job_predicts(seed: int) -> None:
    model, everybody, found = learned(seed)
    histories, _, _ = batch(seed)
    expected = predict_choices(model, histories, HALF_LIVES_MS, everybody, SETTINGS)
    for i in range(len(histories.at_ms)):
        np.testing.assert_allclose(asked(found, histories, i), expected[i], rtol=1e-9)


def test_of_an_unknown_visitor_too() -> None:
    model, everybody, found = learned(1)
    unknown = Histories(np.full((3, 1, C), -np.inf), np.full((3, 1), -np.inf), np.array([1_700_000_000_000]))
    expected = predict_choices(model, unknown, HALF_LIVES_MS, everybody, SETTINGS)
    np.testing.assert_allclose(asked(found, unknown, 0), expected[0], rtol=1e-9)


def test_half_of_what_the_segment_says_counts() -> None:
    model, everybody, found = learned(2)
    histories, _, _ = batch(2)
    lifts = np.array([2.0, 1.0, 0.5, 1.0, 3.0])
    mean = towards_segment(everybody, (everybody * lifts)[None], choices.SAY_OF_SEGMENT)
    expected = predict_choices(model, histories, HALF_LIVES_MS, np.repeat(mean, 7, axis=0), SETTINGS)
    found_shares = asked(found, histories, 3, dict(zip(VALUES, lifts.tolist(), strict=True)))
    np.testing.assert_allclose(found_shares, expected[3], rtol=1e-9)


def test_a_value_that_the_model_does_not_name_is_taken_for_a_rare_one() -> None:
    _, everybody, found = learned(3)
    at_ms = 1_700_000_000_000
    x = tuple(2 + at_ms / h for h in HALF_LIVES_MS)
    half_lives_ms = [int(h) for h in HALF_LIVES_MS]
    shares = found.shares({b"new": x}, x, half_lives_ms, at_ms)
    assert shares.keys() == {*VALUES, b"new"}
    assert sum(shares.values()) == pytest.approx(1)
    assert everybody.min() > 0


def test_nothing_published_is_no_model() -> None:
    assert Choices.of({}) is None


def test_both_have_the_same_constants() -> None:
    assert (choices.KNOTS, choices.LEAST_DAYS, choices.LONGEST_DAYS, choices.DAY_MS) == (
        choice_features.KNOTS, choice_features.LEAST_DAYS, choice_features.LONGEST_DAYS, DAY_MS,
    )  # fmt: skip
    assert choice_model.towards_segment.__defaults__ == (choices.SAY_OF_SEGMENT,)
