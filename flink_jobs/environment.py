"""The table environment of a job: bundling, state, and names for every vertex of the Flink UI."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from pyflink.common import Configuration
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.datastream.connectors.base import Sink
from pyflink.java_gateway import get_gateway
from pyflink.table import StatementSet, StreamTableEnvironment

from flink_jobs.config import MAX_PARALLELISM, RunConfig
from flink_jobs.durations import milliseconds


def table_environment(
    name: str, run: RunConfig, state_ttl: timedelta, more: Mapping[str, str] = MappingProxyType({})
) -> StreamTableEnvironment:
    """An environment whose Python functions get bundles of columns, in a process of their own.

    Whatever else a job needs (checkpoints, state backend, restarts) is the cluster's configuration; `more`
    are settings beside or instead of ours.
    """
    settings = {
        "pipeline.name": name,
        "pipeline.object-reuse": "true",
        "execution.buffer-timeout.interval": "20 ms",
        "parallelism.default": str(run.parallelism),
        "pipeline.max-parallelism": str(MAX_PARALLELISM),
        "table.local-time-zone": "UTC",  # EXTRACT(EPOCH …) counts from midnight of 1970 there
        "python.execution-mode": "process",
        "python.fn-execution.bundle.time": str(milliseconds(run.bundle_time)),
        "python.fn-execution.bundle.size": str(run.bundle_rows),
        "python.fn-execution.arrow.batch.size": str(run.bundle_rows),
        "table.exec.state.ttl": f"{milliseconds(state_ttl)} ms",
        "table.exec.uid.generation": "ALWAYS",
        "table.exec.uid.format": f"{name}-<id>_<transformation>",
        **more,
    }
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key, value)
    return StreamTableEnvironment.create(StreamExecutionEnvironment.get_execution_environment(configuration))


def name_operators(stream: DataStream, names: Mapping[str, str], heads: Container[str] = ()) -> DataStream:
    """`rename` for the operators that lead to `stream`."""
    rename(upstream([stream._j_data_stream.getTransformation()]), names, heads)
    return stream


def rename(operators: Iterable[Any], names: Mapping[str, str], heads: Container[str] = ()) -> None:
    """Give Flink's transformations names that people read, since SQL takes none.

    names : pattern that the planner's name starts with -> readable name, the first match wins.
    heads : readable names of operators that get a thread of their own: what feeds them goes on while they
        wait for Python.
    """
    head = get_gateway().jvm.org.apache.flink.streaming.api.operators.ChainingStrategy.HEAD
    for operator in operators:
        planned = operator.getName()
        name = next((name for pattern, name in names.items() if re.match(pattern, planned)), planned)
        operator.setName(name)
        if name in heads:
            operator.setChainingStrategy(head)


def upstream(ends: Iterable[Any]) -> Iterator[Any]:
    """Flink's transformations that lead to `ends`, and these, each once."""
    pending, seen = list(ends), set()
    while pending:
        operator: Any = pending.pop()
        if operator.getId() not in seen:
            seen.add(operator.getId())
            pending += list(operator.getInputs())
            yield operator


def execute(stream: DataStream, name: str) -> None:
    """Submit what leads to `stream`; its rows end here, since what matters has been written by then."""
    sinks = get_gateway().jvm.org.apache.flink.streaming.api.functions.sink.v2
    stream.sink_to(Sink(sinks.DiscardingSink())).name("end").uid("end")
    stream.get_execution_environment().execute(name)


def execute_inserts(
    tables: StreamTableEnvironment,
    inserts: StatementSet,
    name: str,
    names: Mapping[str, str],
    heads: Container[str] = (),
) -> None:
    """Submit INSERTs as one job; `names` and `heads` as `rename` takes them."""
    inserts.attach_as_datastream()
    environment = StreamExecutionEnvironment(tables._j_tenv.execEnv())
    rename(upstream(environment._j_stream_execution_environment.getTransformations()), names, heads)
    environment.execute(name)
