"""The bytes of the states of the job `article_scores`: round trips, refusals, versions stay readable."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from state.article_terms import ArticleTerms, TermModel
from state.placed_list import PlacedList, PredictedList
from state.places import Places
from state.reader_space import ReaderProgress, ReaderSpace
from state.shared_click_models import MixtureState, SharedClickModels
from state.shop_readers import ShopReaders

GOLDEN = Path(__file__).parent / "golden"


def mixture(d: int) -> MixtureState:
    precision = np.arange(2 * d * d, dtype=np.float64).reshape(2, d, d) / 8
    return MixtureState(
        np.full(d, 0.5), np.arange(2.0 * d).reshape(2, d), precision, np.array([0.0, -1.5]), 1_573_000_000_000
    )


STATES: dict[str, Any] = {
    "article_terms": ArticleTerms(1_573_000_000_000, np.array([7, 8191]), np.array([0.8, 0.6])),
    "placed_list": PlacedList(
        1_573_000_000_000,
        4,
        ("新闻", "b"),
        (1, 0),
        np.array([0.25, -1.0]),
        np.array([1, 255], dtype=np.uint8),
        np.array([[0.5, 0.0], [0.0, -0.25]]),
    ),
    "places": Places(np.array([0.0, 3.5]), np.array([0.0, 0.25]), 1_573_000_000_000),
    "predicted_list": PredictedList(
        1_573_000_000_000, 4, 3, 0.125, np.arange(6.0).reshape(2, 3), np.array([0.5, 0.25])
    ),
    "reader_progress": ReaderProgress(9, 1_573_000_000_000, 5, 1_573_000_300_000, 8, 1_573_000_000_000, 4),
    "reader_space": ReaderSpace(
        np.array([3, 65_535], dtype=np.int32),
        np.eye(2),
        np.array([1.5, 0.5]),
        np.array([0.0, 0.25]),
        np.array([0.0, 0.5]),
        np.array([4.0, 8.0]),
        65_536,
    ),
    "shop_readers": ShopReaders(
        ("", "s"), np.array([2.0, 0.5]), np.eye(2), np.array([6.0, 1.0]), ("新闻",), np.array([7]), 9
    ),
    "term_model": TermModel(np.array([0.5, -0.25]), np.eye(2)),
    "shared_click_models": SharedClickModels(
        mixture(3), mixture(2), np.ones((3, 4)), 2.5, 1_573_000_000_000, 0.75, 10, 12, 1_573_000_000_001
    ),
}


def equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one.to_bytes() == other.to_bytes()


@pytest.mark.parametrize("name", STATES)
def test_a_state_comes_back_as_it_went(name: str) -> None:
    state = STATES[name]
    found = type(state).from_bytes(state.to_bytes())
    assert equal(found, state)
    for field, value in vars(state).items():
        if not isinstance(value, MixtureState):
            np.testing.assert_array_equal(getattr(found, field), value)


@pytest.mark.parametrize("name", STATES)
def test_version_1_stays_readable(name: str) -> None:
    blob = bytes.fromhex((GOLDEN / f"{name}.v1.hex").read_text())
    assert equal(type(STATES[name]).from_bytes(blob), STATES[name])


@pytest.mark.parametrize("name", STATES)
def test_other_versions_and_other_bytes_are_refused(name: str) -> None:
    state = STATES[name]
    blob = state.to_bytes()
    with pytest.raises(ValueError, match="version 2"):
        type(state).from_bytes(b"\x02" + blob[1:])
    with pytest.raises(ValueError, match="bytes are no"):
        type(state).from_bytes(blob[:3])


def test_a_model_with_what_is_no_number_is_not_kept() -> None:
    broken = STATES["shared_click_models"]
    worse = SharedClickModels(**{**vars(broken), "full": mixture(3)})
    worse.full.mean[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        worse.to_bytes()


def test_a_terms_model_with_what_is_no_number_is_not_kept() -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        TermModel(np.array([np.nan]), np.eye(1)).to_bytes()
