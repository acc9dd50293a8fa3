"""What was asked of the shops comes back as it went."""

from pathlib import Path

import numpy as np

from operators.batch_log import BatchLog, logged
from operators.segments.visit_rows import VisitRows
from tests.operators.segments.shard import behaviors_at, rows_of
from tests.oracles.visit_batch import visit_batch
from tests.oracles.visitor_vectors import VisitorVectors


def test_batches_and_refits_come_back_in_order(tmp_path: Path) -> None:
    log, events = BatchLog(str(tmp_path / "log")), behaviors_at(9, 1)
    added = [row for row in map(VisitorVectors().add, events) if row]
    log.batch(*visit_batch([(*row[:4], 5, row[4]) for row in added]))
    log.refit("店")
    batch, refit = logged(Path(log.file))
    assert refit == "店"
    assert isinstance(batch, VisitRows)
    expected = rows_of(events)
    assert (batch.visitors, batch.shops) == (list(expected.visitors), list(expected.shops))
    last = np.flatnonzero(batch.head["count"])
    np.testing.assert_array_equal(batch.head["at_ms"], expected.head["at_ms"])
    np.testing.assert_array_equal(batch.entries, expected.select(last).entries)


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    BatchLog().batch(b"", b"", b"")
    BatchLog().refit("s")
    assert list(tmp_path.iterdir()) == []
