"""The bytes of articles and of what they remember: round trips, refusals, versions stay readable."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.article_states import ArticleStates
from state.remembered_impressions import RememberedImpressions

GOLDEN = Path(__file__).parent / "golden"


def articles(A: int = 2, H: int = 2, d: int = 3) -> ArticleStates:
    half = np.arange(A * d * d, dtype=np.float64).reshape(A, d, d) / 8
    sums = np.arange(4 * A * H, dtype=np.float64).reshape(A, 4, H) / 4
    sums[:, 1] = -np.inf  # no clicks yet
    whole = np.arange(A) + 1_573_000_000_000
    precision = half + half.transpose(0, 2, 1)
    return ArticleStates(whole, whole % 7, whole + 1, whole % 5, sums, np.ones((A, d)) / 2, precision)


def impressions(m: int = 4, D: int = 2, S: int = 4) -> RememberedImpressions:
    return RememberedImpressions(
        (np.arange(m * D) / 4).reshape(m, D).astype(np.float32),
        np.arange(m * S).reshape(m, S).astype(np.uint8),
        np.arange(m).astype(np.float32) / 2 - 0.5,
        np.full(m, 0.25, dtype=np.float32),
    )


def assert_same(one: object, other: ArticleStates | RememberedImpressions) -> None:
    for field in fields(other):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


@given(A=st.integers(0, 4), H=st.integers(1, 5), d=st.integers(1, 6))
def test_articles_come_back_as_they_went(A: int, H: int, d: int) -> None:
    packed = articles(A, H, d).pack()
    assert len(packed) == A
    assert_same(ArticleStates.unpack(packed, H, d), articles(A, H, d))


@given(entries=st.integers(0, 4), size=st.integers(1, 5), D=st.integers(1, 6), S=st.integers(1, 9))
def test_impressions_come_back_as_they_went(entries: int, size: int, D: int, S: int) -> None:
    packed = impressions(entries * size, D, S).pack(size)
    assert len(packed) == entries
    assert_same(RememberedImpressions.unpack(packed, D, S), impressions(entries * size, D, S))


def test_version_1_stays_readable() -> None:
    def lines(name: str) -> list[bytes]:
        return [bytes.fromhex(line) for line in (GOLDEN / f"{name}.v1.hex").read_text().split()]

    assert_same(ArticleStates.unpack(lines("article_states"), 2, 3), articles())
    assert_same(RememberedImpressions.unpack(lines("remembered_impressions"), 2, 4), impressions())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_with_what_is_no_number_is_not_kept(bad: float) -> None:
    for name in ("mean", "precision"):
        broken = articles()
        getattr(broken, name)[0] = bad
        with pytest.raises(ValueError, match="NaN or infinity"):
            broken.pack()


def test_other_versions_and_cut_bytes_are_refused() -> None:
    blob, entry = articles().pack()[0], impressions().pack(4)[0]
    with pytest.raises(ValueError, match="version 09; this release reads 1"):
        ArticleStates.unpack([b"\x09" + blob[1:]], 2, 3)
    with pytest.raises(ValueError, match="version 09; this release reads 1"):
        RememberedImpressions.unpack([b"\x09" + entry[1:]], 2, 4)
    for broken in (blob[:-1], blob + b"\x00"):
        with pytest.raises(ValueError, match="rebuild"):
            ArticleStates.unpack([blob, broken], 2, 3)
    with pytest.raises(ValueError, match="rebuild"):
        RememberedImpressions.unpack([entry[:-1]], 2, 4)


def test_state_of_other_settings_asks_for_a_rebuild() -> None:
    with pytest.raises(ValueError, match="rebuild"):
        ArticleStates.unpack(articles(H=2, d=3).pack(), 3, 3)
    with pytest.raises(ValueError, match="rebuild"):
        RememberedImpressions.unpack(impressions().pack(2), 2, 8)
