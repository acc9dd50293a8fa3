"""The bytes of an article: round trips, refusals, and the released version stays readable."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.article_state import ArticleState

GOLDEN = Path(__file__).parent / "golden"


def article(H: int = 2, d: int = 3, m: int = 2, S: int = 4) -> ArticleState:
    half = np.arange(d * d, dtype=np.float64).reshape(d, d) / 8
    sums = np.arange(4 * H, dtype=np.float64).reshape(4, H) / 4
    sums[1] = -np.inf  # no clicks yet
    return ArticleState(
        sums,
        np.arange(d) / 2,
        half + half.T,
        (np.arange(m * (d - 1)) / 4).reshape(m, d - 1).astype(np.float32),
        np.arange(m * S).reshape(m, S).astype(np.uint8),
        np.arange(m).astype(np.float32) / 2 - 0.5,
        np.full(m, 0.25, dtype=np.float32),
        7,
        1_573_000_000_000,
    )


@given(H=st.integers(1, 5), d=st.integers(1, 6), m=st.integers(0, 9), S=st.integers(1, 9))
def test_an_article_comes_back_as_it_went(H: int, d: int, m: int, S: int) -> None:
    found = ArticleState.from_bytes(article(H, d, m, S).to_bytes())
    assert found == article(H, d, m, S)
    np.testing.assert_array_equal(found.precision, article(H, d, m, S).precision)
    np.testing.assert_array_equal(found.reader, article(H, d, m, S).reader)


def test_version_1_stays_readable() -> None:
    assert ArticleState.from_bytes(bytes.fromhex((GOLDEN / "article_state.v1.hex").read_text())) == article()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_with_what_is_no_number_is_not_kept(bad: float) -> None:
    broken = article()
    broken.mean[0] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        broken.to_bytes()


def test_other_versions_and_cut_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        ArticleState.from_bytes(b"\x09" + bytes(60))
    for blob in (b"", article().to_bytes()[:-1], article().to_bytes() + b"\x00"):
        with pytest.raises(ValueError, match="no article's state"):
            ArticleState.from_bytes(blob)
