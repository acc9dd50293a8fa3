"""The bytes of a shop's layouts: round trips, refusals, and every released version stays readable."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.layout_arms import SUMS, ShopLayouts

GOLDEN = Path(__file__).parent / "golden"
names = st.lists(st.text(max_size=20), max_size=6, unique=True).map(tuple)
longs = st.integers(-(2**63), 2**63 - 1)


def shop(
    offered: tuple[str, ...] = ("grid", "瀑布流"),
    layouts: tuple[str, ...] = ("grid", "old", "瀑布流"),
    segments: tuple[str, ...] = ("", "面膜"),
    offered_ms: int = 1_700_000_000_000,
    at_ms: int = 1_700_000_060_000,
    absorbed: int = 12,
) -> ShopLayouts:
    P, A = len(segments), len(layouts)
    return ShopLayouts(
        offered=offered,
        offered_ms=offered_ms,
        layouts=layouts,
        segments=segments,
        sums=np.arange(P * A * SUMS, dtype=np.float64).reshape(P, A, SUMS) / 4,
        probabilities=np.arange(P * A, dtype=np.float64).reshape(P, A) / 8,
        latest_ms=np.arange(P, dtype=np.int64) + at_ms if P else np.zeros(0, np.int64),
        at_ms=at_ms,
        absorbed=absorbed,
    )


@given(offered=names, layouts=names, segments=names, offered_ms=longs, absorbed=longs)
def test_a_shop_comes_back_as_it_went(
    offered: tuple[str, ...],
    layouts: tuple[str, ...],
    segments: tuple[str, ...],
    offered_ms: int,
    absorbed: int,
) -> None:
    went = shop(offered, layouts, segments, offered_ms, 5, absorbed)
    came = ShopLayouts.from_bytes(went.to_bytes())
    assert came == went
    assert (came.offered, came.layouts, came.segments) == (offered, layouts, segments)
    np.testing.assert_array_equal(came.sums, went.sums)


def test_a_new_shop_has_nothing() -> None:
    empty = ShopLayouts.empty()
    assert ShopLayouts.from_bytes(empty.to_bytes()) == empty
    assert (empty.offered, empty.segments, empty.absorbed) == ((), (), 0)


def test_version_1_stays_readable() -> None:
    assert ShopLayouts.from_bytes(bytes.fromhex((GOLDEN / "layout_arms.v1.hex").read_text())) == shop()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["sums", "probabilities"])
def test_what_is_no_number_is_not_kept(bad: float, where: str) -> None:
    broken = shop()
    getattr(broken, where)[0, 0] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        broken.to_bytes()


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        ShopLayouts.from_bytes(b"\x09" + bytes(60))


@given(cut=st.integers(1, len(shop().to_bytes())))
def test_cut_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="no shop's layouts"):
        ShopLayouts.from_bytes(shop().to_bytes()[:-cut])


def test_bytes_that_go_on_are_refused() -> None:
    with pytest.raises(ValueError, match="no shop's layouts"):
        ShopLayouts.from_bytes(shop().to_bytes() + b"\0")
