"""Sinks of what visitors are known by, as functions of SQL."""

from typing import Any

from pyflink.table import DataTypes, StreamTableEnvironment
from pyflink.table.udf import udf

from flink_jobs.config import RunConfig
from sink_connectors.redis_sink import VisitorSink


def register_visitor_sink(
    tables: StreamTableEnvironment, name: str, sink: type[VisitorSink[Any]], schema: Any, run: RunConfig
) -> None:
    """Function `name`: its columns are those of the sink's `eval`; it gives a BIGINT a bundle."""
    write = sink(run.redis_address, schema, run.erasure_key_file, run.latency_log)
    tables.create_temporary_function(name, udf(write, result_type=DataTypes.BIGINT(), func_type="pandas"))
