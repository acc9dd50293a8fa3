"""The bytes of a state entry: round trips, and every released version stays readable."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.decayed_sums import DecayedSums

GOLDEN = Path(__file__).parent / "golden"
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(sums=st.lists(finite, max_size=5), latest_ms=st.integers(-(2**63), 2**63 - 1))
def test_bytes_come_back_as_they_went(sums: list[float], latest_ms: int) -> None:
    entry = DecayedSums(tuple(sums), latest_ms)
    assert DecayedSums.from_bytes(entry.to_bytes()) == entry


def test_version_1_stays_readable() -> None:
    blob = bytes.fromhex((GOLDEN / "decayed_sums.v1.hex").read_text())
    assert DecayedSums.from_bytes(blob) == DecayedSums((1.5, 2.25, 4.0), 1_511_544_070_000)


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        DecayedSums.from_bytes(b"\x09" + bytes(16))


@given(cut=st.integers(0, 8) | st.integers(10, 16))
def test_cut_bytes_are_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="no decayed sums"):
        DecayedSums.from_bytes(DecayedSums((1.0,), 0).to_bytes()[:cut])
