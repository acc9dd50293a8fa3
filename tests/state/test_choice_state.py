"""The bytes kept to learn choices: round trips, refusals, and every released version stays readable."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.choice_model import ChoiceState
from state.sample_index import index_from_bytes, index_to_bytes
from state.visitor_snapshot import snapshot_from_bytes, snapshot_to_bytes

GOLDEN = Path(__file__).parent / "golden"
SNAPSHOT = {b"!at": b"1511544070000", b"c": bytes(24), "c:é".encode(): b"\x01" * 24}
INDEX = {"é": 7, "1228": 2**64 - 1}


def model(C: int = 2, K: int = 3) -> ChoiceState:
    values = tuple(f"é{c}".encode() for c in range(C))
    sizes = [C, K, C * K, K * K, C * K * K]
    everybody, shared, own, information, own_information = (np.arange(n) / 4 for n in sizes)
    return ChoiceState(
        1_511_544_070_000, 12, values, everybody, shared, own.reshape(C, K),
        information.reshape(K, K), own_information.reshape(C, K, K),
    )  # fmt: skip


@given(c=st.integers(0, 5), k=st.integers(1, 5))
def test_a_model_comes_back_as_it_went(c: int, k: int) -> None:
    assert ChoiceState.from_bytes(model(c, k).to_bytes()) == model(c, k)


@given(fields=st.dictionaries(st.binary(max_size=20), st.binary(max_size=40), max_size=6))
def test_a_snapshot_comes_back_as_it_went(fields: dict[bytes, bytes]) -> None:
    assert snapshot_from_bytes(snapshot_to_bytes(fields)) == fields


@given(index=st.dictionaries(st.text(max_size=20), st.integers(0, 2**64 - 1), max_size=6))
def test_an_index_comes_back_as_it_went(index: dict[str, int]) -> None:
    assert index_from_bytes(index_to_bytes(index)) == index


def golden(name: str) -> bytes:
    return bytes.fromhex((GOLDEN / f"{name}.v1.hex").read_text())


def test_version_1_stays_readable() -> None:
    assert ChoiceState.from_bytes(golden("choice_model")) == model()
    assert snapshot_from_bytes(golden("visitor_snapshot")) == SNAPSHOT
    assert index_from_bytes(golden("sample_index")) == INDEX


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_with_what_is_no_number_is_not_kept(bad: float) -> None:
    broken = model()
    broken.own[0, 0] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        broken.to_bytes()


@pytest.mark.parametrize(
    ("read", "whole"),
    [
        (ChoiceState.from_bytes, model().to_bytes()),
        (snapshot_from_bytes, snapshot_to_bytes(SNAPSHOT)),
        (index_from_bytes, index_to_bytes(INDEX)),
    ],
)
def test_what_is_cut_or_of_another_version_is_refused(read: object, whole: bytes) -> None:
    for broken in (b"", whole[:-1], b"\x09" + whole[1:]):
        with pytest.raises(ValueError, match=r"bytes are no|version"):
            read(broken)  # type: ignore[operator]
