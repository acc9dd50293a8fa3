"""The bytes of a shop's categories: round trips, refusals, and every released version stays readable."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.shop_categories import ShopCategories

GOLDEN = Path(__file__).parent / "golden"
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
shops = st.dictionaries(st.integers(0, 2**64 - 1), names, max_size=6)


def categories(named: dict[int, str]) -> ShopCategories:
    return ShopCategories(np.array(list(named), dtype=np.uint64), tuple(named.values()))


@given(named=shops)
def test_categories_in_any_script_come_back_as_they_went(named: dict[int, str]) -> None:
    again = ShopCategories.from_bytes(categories(named).to_bytes())
    assert again == categories(named)
    assert (again.hashes.tolist(), again.names) == (list(named), tuple(named.values()))
    assert hash(again) == hash(categories(named))


def test_version_1_stays_readable() -> None:
    blob = bytes.fromhex((GOLDEN / "shop_categories.v1.hex").read_text())
    assert ShopCategories.from_bytes(blob) == categories({1: "soap", 2**64 - 1: "面膜 🧴", 7: ""})


def test_a_name_with_a_nul_does_not_shift_the_others() -> None:
    again = ShopCategories.from_bytes(categories({1: "a\0b", 2: "c"}).to_bytes())
    assert again.names == ("a\ufffdb", "c")


@given(named=shops, data=st.data())
def test_cut_bytes_are_refused(named: dict[int, str], data: st.DataObject) -> None:
    blob = categories(named).to_bytes()
    with pytest.raises(ValueError, match="bytes are no shop's"):
        ShopCategories.from_bytes(blob[: data.draw(st.integers(0, len(blob) - 1))])


def test_another_version_and_bytes_behind_the_end_are_refused() -> None:
    blob = categories({1: "soap"}).to_bytes()
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        ShopCategories.from_bytes(b"\x09" + blob[1:])
    with pytest.raises(ValueError, match="bytes are no shop's"):
        ShopCategories.from_bytes(blob + b"more")
