"""Vectors -> micro-batches as few bytes: one row a shard and span of time, by `jvm/`'s `VisitBatch`."""

from pyflink.datastream import KeyedStream
from pyflink.table import StreamTableEnvironment, Table

from operators.micro_batches import aggregated
from operators.segments.visit_rows import TEXTS


def visit_batches(tables: StreamTableEnvironment, vectors: Table, span_ms: int) -> KeyedStream:
    """`micro_batches` of what `visitor_vectors` gives: rows (shard, what `VisitRows.of_batch` takes)."""
    tables.execute_sql("CREATE TEMPORARY FUNCTION IF NOT EXISTS visit_batch AS 'io.tidemark.VisitBatch'")
    batch = f"visit_batch({', '.join(TEXTS)}, appended_ms, packed)"
    return aggregated(tables, vectors, "shard", {"batch": batch}, span_ms)
