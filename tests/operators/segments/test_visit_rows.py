"""The rows of vectors as columns: their bytes, parts of them, and where forgetting cuts them."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.segments.visit_rows import ENTRY, ERASED, EXPIRED, HEADER, VISIT, VisitRows
from tests.visit_rows import rows_of_packed

kinds = st.sampled_from([VISIT, VISIT, VISIT, ERASED, EXPIRED])
shapes = st.lists(st.tuples(kinds, st.integers(0, 3)), min_size=1, max_size=12)


def row(kind: int, at: int, entries: int) -> bytes:
    """By the layout that `VisitorVector.java` names; nothing behind kind and time where a vector went."""
    if kind != VISIT:
        return struct.pack(">bq", kind, at).ljust(HEADER.itemsize, b"\0")
    head = struct.pack(">bqqqbbdQdH", kind, at, -(2**63), at - 5, 1, 0, 9.75, 2**64 - 1 - at, 0.25, entries)
    return head + b"".join(struct.pack(">Qdf", 2**63 + i, at + i / 4, i / 2) for i in range(entries))


def rows(shape: list[tuple[int, int]]) -> VisitRows:
    def texts(name: str) -> list[str]:
        return [f"{name} {at}" for at in range(len(shape))]

    packed = [row(kind, at, entries) for at, (kind, entries) in enumerate(shape)]
    return rows_of_packed(texts("visitor"), texts("shop"), texts("industry"), texts("类"), packed)


def entries_of(part: VisitRows) -> list[list[tuple[int, float, float]]]:
    """One list a row."""
    cuts = np.cumsum(part.head["count"].astype(int))[:-1]
    return [of.tolist() for of in np.split(part.entries, cuts)]


def test_bytes_are_read_as_the_jvm_writes_them() -> None:
    of = rows([(VISIT, 2), (EXPIRED, 0), (VISIT, 1)])
    assert of.head[0].tolist() == (VISIT, 0, -(2**63), -5, 1, 0, 9.75, 2**64 - 1, 0.25, 2)
    assert of.head[1].tolist()[:2] == (EXPIRED, 1)
    assert entries_of(of) == [[(2**63, 0.0, 0.0), (2**63 + 1, 0.25, 0.5)], [], [(2**63, 2.0, 0.0)]]
    assert (HEADER.itemsize, ENTRY.itemsize) == (53, 20)


def test_a_cut_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="buffer size"):
        VisitRows.of_batch(b"", b"", b"\0" * (ENTRY.itemsize - 1))


@given(shape=shapes)
def test_runs_are_the_rows_in_order_each_of_visits_or_of_none(shape: list[tuple[int, int]]) -> None:
    of = rows(shape)
    runs = list(of.runs())
    assert [name for run in runs for name in run.visitors] == of.visitors
    assert [name for run in runs for name in run.categories] == of.categories
    assert b"".join(run.head.tobytes() for run in runs) == of.head.tobytes()
    assert b"".join(run.entries.tobytes() for run in runs) == of.entries.tobytes()
    are_visits = [set((run.head["kind"] == VISIT).tolist()) for run in runs]
    assert all(len(one) == 1 for one in are_visits)
    assert all(one != next_ for one, next_ in pairwise(are_visits))


@given(shape=shapes, data=st.data())
def test_selected_rows_have_their_entries(shape: list[tuple[int, int]], data: st.DataObject) -> None:
    of = rows(shape)
    which = data.draw(st.lists(st.integers(0, len(shape) - 1), max_size=8))
    part = of.select(np.array(which, dtype=np.int64))
    assert part.shops == [of.shops[at] for at in which]
    expected = [entries_of(of)[at] for at in which]
    assert (entries_of(part) if which else []) == expected
