"""Executing INSERTs of a job whose sinks are tables, with readable names in the Flink UI."""

import re
from collections.abc import Container, Mapping
from typing import Any

from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import StatementSet, StreamTableEnvironment


def execute_inserts(
    tables: StreamTableEnvironment,
    inserts: StatementSet,
    name: str,
    operators: Mapping[str, str],
    heads: Container[str] = (),
) -> None:
    """Submit the INSERTs as one job.

    operators : pattern found in the planner's name -> readable name, the first match wins.
    heads : readable names of operators that get a thread of their own, as `begin_task` does.
    """
    chaining = get_gateway().jvm.org.apache.flink.streaming.api.operators.ChainingStrategy
    inserts.attach_as_datastream()
    environment = StreamExecutionEnvironment(tables._j_tenv.execEnv())
    for operator in _all(environment):
        planned = operator.getName()
        named = next((new for pattern, new in operators.items() if re.search(pattern, planned)), planned)
        operator.setName(named)
        if named in heads:
            operator.setChainingStrategy(chaining.HEAD)
    environment.execute(name)


def _all(environment: StreamExecutionEnvironment) -> list[Any]:
    """Every transformation of the environment, each once."""
    pending = list(environment._j_stream_execution_environment.getTransformations())
    found: dict[int, Any] = {}
    while pending:
        operator: Any = pending.pop()
        if operator.getId() not in found:
            found[operator.getId()] = operator
            pending += list(operator.getInputs())
    return list(found.values())
