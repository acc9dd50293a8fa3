"""The bytes in which parts of a hot shop talk: round trips, refusals, released versions stay readable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.frames import join_frames, split_frames
from state.rest_of_shop import RestOfShop
from state.shop_categories import ShopCategories
from state.shop_part import ShopPart
from state.visitor_segment import VisitorSegment
from tests.state.test_segment_state import GOLDEN, longs, model

CATEGORIES = ShopCategories(np.array([3, 2**64 - 1], dtype=np.uint64), ("面膜", "soap"))
MEMBER = VisitorSegment(
    3, 5, 2, 1_511_544_070_000, 1_511_000_000_000, 1_510_000_000_000, (1, 300), (0.5, 2.25)
)
PART = ShopPart(model(), CATEGORIES, 1_600_000_000_000, 1_500_000_000_000, {"林 1": MEMBER, "": MEMBER})
REST = RestOfShop(model(), CATEGORIES, 1_600_000_000_000, 77, {2**64 - 1: 11, 5: 0})


@given(blobs=st.lists(st.binary(max_size=9), max_size=5))
def test_frames_come_back_as_they_went(blobs: list[bytes]) -> None:
    assert split_frames(join_frames(blobs)) == blobs


@given(cut=st.integers(1, 11))
def test_cut_frames_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="end within"):
        split_frames(join_frames([b"whole", b"12345678"])[:-cut])


@given(refit=longs, drifted_ms=longs, names=st.sets(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_part_comes_back_as_it_went(refit: int, drifted_ms: int, names: set[str]) -> None:
    part = ShopPart(model(), CATEGORIES, refit, drifted_ms, dict.fromkeys(names, MEMBER))
    assert ShopPart.from_bytes(part.to_bytes()) == part


@given(moves=st.dictionaries(st.integers(0, 2**64 - 1), st.integers(0, 127), max_size=5))
def test_a_rest_comes_back_as_it_went(moves: dict[int, int]) -> None:
    rest = RestOfShop(model(), ShopCategories.none(), 1, 2, moves)
    assert RestOfShop.from_bytes(rest.to_bytes()) == rest


def test_version_1_stays_readable() -> None:
    assert ShopPart.from_bytes(bytes.fromhex((GOLDEN / "shop_part.v1.hex").read_text())) == PART
    assert RestOfShop.from_bytes(bytes.fromhex((GOLDEN / "rest_of_shop.v1.hex").read_text())) == REST


@pytest.mark.parametrize("kept", [PART, REST])
def test_other_versions_and_cut_bytes_are_refused(kept: ShopPart | RestOfShop) -> None:
    blob = kept.to_bytes()
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        type(kept).from_bytes(blob[:4] + b"\x09" + blob[5:])
    with pytest.raises(ValueError, match="are no"):
        type(kept).from_bytes(join_frames(split_frames(blob)[:2]))
    with pytest.raises(ValueError, match="end within"):
        type(kept).from_bytes(blob[:-1])
