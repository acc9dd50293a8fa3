"""The bytes of segments: round trips, refusals, and every released version stays readable."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.segment_model import TALLIES, SegmentModel
from state.visitor_segment import VisitorSegment

GOLDEN = Path(__file__).parent / "golden"
longs = st.integers(-(2**63), 2**63 - 1)
singles = st.floats(0, 1e9, width=32)


def model(K: int = 2, D: int = 3) -> SegmentModel:
    numbers = np.arange(K * (D + TALLIES) + D, dtype=np.float64) / 4
    sums, tallies, sales = np.split(numbers, [K * D, K * (D + TALLIES)])
    return SegmentModel(
        sums.reshape(K, D), tallies.reshape(K, TALLIES), sales, 7, 5, 1_500_000, 1_600_000, 0.9
    )


@given(k=st.integers(0, 12), d=st.integers(0, 9))
def test_a_model_comes_back_as_it_went(k: int, d: int) -> None:
    assert SegmentModel.from_bytes(model(k, d).to_bytes()) == model(k, d)


@given(
    segment=st.integers(0, 127),
    challenger=st.integers(-1, 127),
    streak=st.integers(0, 65535),
    at_ms=longs,
    told_ms=longs,
    since_ms=longs,
    vector=st.dictionaries(st.integers(0, 65535), singles, max_size=5),
)
def test_a_visitor_comes_back_as_it_went(
    segment: int,
    challenger: int,
    streak: int,
    at_ms: int,
    told_ms: int,
    since_ms: int,
    vector: dict[int, float],
) -> None:
    visitor = VisitorSegment(
        segment, challenger, streak, at_ms, told_ms, since_ms, tuple(vector), tuple(vector.values())
    )
    assert VisitorSegment.from_bytes(visitor.to_bytes()) == visitor


def test_version_1_stays_readable() -> None:
    assert SegmentModel.from_bytes(bytes.fromhex((GOLDEN / "segment_model.v1.hex").read_text())) == model()
    blob = bytes.fromhex((GOLDEN / "visitor_segment.v1.hex").read_text())
    assert VisitorSegment.from_bytes(blob) == VisitorSegment(
        3, 5, 2, 1_511_544_070_000, 1_511_000_000_000, 1_510_000_000_000, (1, 300), (0.5, 2.25)
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_with_what_is_no_number_is_not_kept(bad: float) -> None:
    broken = model()
    broken.sums[0, 0] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        broken.to_bytes()


@pytest.mark.parametrize("kind", [SegmentModel, VisitorSegment])
def test_other_versions_and_cut_bytes_are_refused(kind: type[SegmentModel] | type[VisitorSegment]) -> None:
    with pytest.raises(ValueError, match="version 9; this release reads 1"):
        kind.from_bytes(b"\x09" + bytes(60))
    for blob in (model().to_bytes()[:-1], VisitorSegment(1, -1, 0, 0, 0, 0, (1,), (2.0,)).to_bytes()[:-1]):
        with pytest.raises(ValueError, match=r"no segment model|no visitor's segment"):
            kind.from_bytes(blob)
    with pytest.raises(ValueError, match="are no"):
        kind.from_bytes(b"\x01")
