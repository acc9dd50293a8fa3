"""The bytes of what a shop's layouts earned from whom: round trips, refusals, released versions."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.layout_moments import ShopMoments

GOLDEN = Path(__file__).parent / "golden"


def shop(layouts: tuple[str, ...] = ("grid", "瀑布流"), latest_ms: int = 1_700_000_000_000) -> ShopMoments:
    sums = np.arange(len(layouts) * 7, dtype=np.float64).reshape(len(layouts), 7) / 4
    return ShopMoments(layouts, sums, latest_ms)


@given(
    layouts=st.lists(st.text(max_size=20), max_size=6, unique=True).map(tuple),
    latest_ms=st.integers(-(2**63), 2**63 - 1),
)
def test_a_shop_comes_back_as_it_went(layouts: tuple[str, ...], latest_ms: int) -> None:
    went = shop(layouts, latest_ms)
    came = ShopMoments.from_bytes(went.to_bytes())
    assert came == went
    assert (came.layouts, came.latest_ms) == (layouts, latest_ms)
    np.testing.assert_array_equal(came.sums, went.sums)


def test_a_new_shop_has_nothing() -> None:
    empty = ShopMoments.empty(7)
    assert ShopMoments.from_bytes(empty.to_bytes()) == empty
    assert empty.sums.shape == (0, 7)


def test_version_1_stays_readable() -> None:
    assert ShopMoments.from_bytes(bytes.fromhex((GOLDEN / "layout_moments.v1.hex").read_text())) == shop()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_kept(bad: float) -> None:
    broken = shop()
    broken.sums[0, 0] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        broken.to_bytes()


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        ShopMoments.from_bytes(b"\x09" + bytes(60))


@given(cut=st.integers(1, len(shop().to_bytes())))
def test_cut_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="no shop's moments"):
        ShopMoments.from_bytes(shop().to_bytes()[:-cut])


def test_bytes_that_go_on_are_refused() -> None:
    with pytest.raises(ValueError, match="no shop's moments"):
        ShopMoments.from_bytes(shop().to_bytes() + b"\0")
