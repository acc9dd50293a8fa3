"""A micro-batch as bytes: Java against its twin, and what is learnt from it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.segments.visit_rows import VISIT, VisitRows
from tests.operators.segments.shard import Shard, behaviors_at
from tests.oracles.visit_batch import PackedRow, visit_batch
from tests.oracles.visitor_vectors import VisitorVectors
from tests.visit_rows import rows_of_packed


def packed_rows(n: int, seed: int, erased_at: int | None = None) -> list[PackedRow]:
    """Of behaviours of few visitors, so that some follow each other; at one place a visitor is erased."""
    twin, rows = VisitorVectors(), []
    for at, event in enumerate(behaviors_at(n, seed, visitors=2)):
        gone = twin.erase(event["visitor_id"], event["event_time"]) if at == erased_at else []
        rows += [(*row[:4], 1000 + at, row[4]) for row in [*gone, twin.add(event)] if row is not None]
    return rows


def unpacked(rows: list[PackedRow]) -> VisitRows:
    """Each with its vector."""
    visitors, shops, industries, categories, _, packed = map(list, zip(*rows, strict=True))
    return rows_of_packed(visitors, shops, industries, categories, packed)


@settings(max_examples=25)
@given(n=st.integers(2, 40), seed=st.integers(0, 99), data=st.data())
def test_what_is_learnt_of_a_batch_is_what_is_learnt_of_its_rows(
    n: int, seed: int, data: st.DataObject
) -> None:
    rows = packed_rows(n, seed, data.draw(st.none() | st.integers(1, n - 1)))
    cut = data.draw(st.integers(1, len(rows)))
    whole, batched = Shard(), Shard()
    for part in filter(None, (rows[:cut], rows[cut:])):
        batch, appended_ms = VisitRows.of_batch(*visit_batch(part))
        assert appended_ms == [row[4] for row in part]
        assert batched.process(batch) == whole.process(unpacked(part))
    assert batched.shops == whole.shops
    assert batched.members == whole.members


def test_a_row_that_is_followed_by_the_same_visitor_there_has_no_vector() -> None:
    rows = packed_rows(60, seed=4, erased_at=30)
    batch, _ = VisitRows.of_batch(*visit_batch(rows))
    of, kinds = unpacked(rows), unpacked(rows).head["kind"]
    follows = [
        mine[:2] == next_[:2] and one == other == VISIT
        for mine, next_, one, other in zip(rows[:-1], rows[1:], kinds[:-1], kinds[1:], strict=True)
    ]
    expected = np.where([*follows, False], 0, of.head["count"])
    assert any(follows)
    assert not all(follows)
    np.testing.assert_array_equal(batch.head["count"], expected)
    assert len(batch.entries) == expected.sum()


def test_bytes_that_are_no_batch_are_refused() -> None:
    heads, texts, entries = visit_batch(packed_rows(3, seed=1))
    with pytest.raises(ValueError, match="bytes of texts"):
        VisitRows.of_batch(heads, texts[:-1], entries)
    with pytest.raises(ValueError, match="buffer size"):
        VisitRows.of_batch(heads[:-1], texts, entries)


@pytest.mark.flink
def test_java_packs_rows_as_the_twin_does(tmp_path: Path) -> None:
    rows = packed_rows(200, seed=2, erased_at=100)
    listed = [(*row[:5], row[5].hex()) for row in rows]
    (tmp_path / "rows.json").write_text(json.dumps(listed))
    command = [sys.executable, "-m", "tests.operators.segments.batch_in_flink", str(tmp_path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    batch = [bytes.fromhex(part) for part in json.loads((tmp_path / "batch.json").read_text())]
    assert batch == list(visit_batch(rows))
