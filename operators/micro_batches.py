"""Rows -> micro-batches for models with keyed state in Python: one row a shard and span of time."""

from collections.abc import Mapping, Sequence

from pyflink.common.typeinfo import Types, _from_java_type
from pyflink.datastream import DataStream, KeyedStream
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table


def micro_batches(
    tables: StreamTableEnvironment, rows: Table, key: str, columns: Sequence[str], span_ms: int
) -> KeyedStream:
    """Group the rows of a shard that arrive within each span of processing time.

    key : name of an INT column, the shard: some tens of them, since each is one call of Python a span.
    columns : names of BIGINT, DOUBLE, BOOLEAN, STRING or BYTES columns.
    span_ms : a bounded input ends without its last span: run unbounded, and stop.

    Returns
    -------
    Stream keyed by the shard, its batches in order and none empty: rows (shard, one list a column).
    """
    return aggregated(tables, rows, key, {name: f"ARRAY_AGG(`{name}`)" for name in columns}, span_ms)


def aggregated(
    tables: StreamTableEnvironment, rows: Table, key: str, aggregates: Mapping[str, str], span_ms: int
) -> KeyedStream:
    """The same with other aggregates, name -> SQL, in place of one list a column."""
    view = f"rows_by_{key}_{id(rows)}"
    tables.create_temporary_view(view, tables.sql_query(f"SELECT *, PROCTIME() AS arrives FROM {rows}"))
    named = ", ".join(f"{sql} AS `{name}`" for name, sql in aggregates.items())
    listed = ", ".join(f"`{name}`" for name in aggregates)
    batches = tables.sql_query(
        f"""SELECT `{key}`, ROW(`{key}`, {listed}) AS batch FROM (
            SELECT `{key}`, {named}
            FROM TUMBLE(TABLE {view}, DESCRIPTOR(arrives), INTERVAL '{span_ms / 1000:.3f}' SECOND(3, 3))
            GROUP BY `{key}`, window_start, window_end)"""
    )
    return _keyed(tables, batches)


def _keyed(tables: StreamTableEnvironment, batches: Table) -> KeyedStream:
    """What `key_by` makes of (key, value): it would send every batch through Python to ask for its key."""
    gateway = get_gateway()
    converter = gateway.jvm.org.apache.flink.table.types.utils.LegacyTypeInfoDataTypeConverter
    columns = batches._j_table.getSchema().getFieldDataTypes()
    key, batch = [_from_java_type(converter.toLegacyTypeInfo(column)) for column in columns]
    stream = tables.to_data_stream(batches)._j_data_stream
    stream.getTransformation().setOutputType(Types.ROW([key, batch]).get_java_type_info())
    keyed = stream.keyBy(gateway.jvm.KeyByKeySelector(), Types.ROW([key]).get_java_type_info())
    return KeyedStream(keyed, batch, DataStream(stream))
