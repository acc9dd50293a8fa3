"""Raw messages -> what becomes of each, as far as it alone decides: one vectorised function."""

from typing import Any

import numpy as np
from pandas import DataFrame, Series
from pyflink.table import DataTypes, StreamTableEnvironment, Table
from pyflink.table.udf import FunctionContext, ScalarFunction, udf

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from schemas.event_types import DEAD_LETTER, DEAD_LETTER_BYTES, Header
from schemas.refusals import TOO_LARGE
from workers.prepare_worker import prepare_worker

TYPES = {"topic": "STRING", "key": "STRING", "event_id": "STRING", "minute": "BIGINT", "unit": "STRING"}
TYPES |= {"value": "BYTES", "reason": "STRING"}

AT_ONCE = 2_000
"""Messages whose objects stay in a processor's cache: 10 000 at once took a fifth longer each."""

JAVA = {"byte_length": "io.tidemark.ByteLength", "first_bytes": "io.tidemark.FirstBytes"}


class DecodeEvents(ScalarFunction):  # type: ignore[misc]
    """Messages and the epoch seconds of their arrival -> the columns of `Outcome`."""

    def __init__(self, limits: MessageLimits) -> None:
        self._limits = limits

    def open(self, function_context: FunctionContext) -> None:  # noqa: ARG002
        prepare_worker()
        self._decoder = MessageDecoder(self._limits)

    def eval(self, messages: "Series[Any]", arrived_s: "Series[int]") -> DataFrame:
        raws, arrived_ms = messages.tolist(), (arrived_s * 1000).tolist()
        spans = [slice(start, start + AT_ONCE) for start in range(0, len(raws), AT_ONCE)]
        parts = [self._decoder.outcomes(raws[span], arrived_ms[span]) for span in spans]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in TYPES}
        return DataFrame({name: Series(column, dtype=object) for name, column in columns.items()})

    def is_deterministic(self) -> bool:
        return False  # so that the planner calls it once a message, however many columns are read


def decode_events(
    tables: StreamTableEnvironment, messages: Table, resent: str, limits: MessageLimits
) -> Table:
    """Decode, check and encode each message once; what is too large goes past Python.

    Returns
    -------
    Table (key, topic, event_id, minute, unit, value, reason: see `Outcome`; raw_topic, raw_partition,
    raw_offset: where the message stands; source, arrived_s, attempt: see `Header`). The source is null unless
    the message was sent again.
    """
    result = DataTypes.ROW([DataTypes.FIELD(n, getattr(DataTypes, t)()) for n, t in TYPES.items()])
    function = udf(DecodeEvents(limits), result_type=result, func_type="pandas")
    tables.create_temporary_function("decode_event", function)
    for name, java in JAVA.items():
        tables.execute_sql(f"CREATE TEMPORARY FUNCTION IF NOT EXISTS {name} AS '{java}'")
    positioned = _positioned(tables, messages, resent, limits.max_bytes)
    position = "raw_topic, raw_partition, raw_offset, source, arrived_s, attempt"
    decoded = tables.sql_query(
        f"SELECT decode_event(message, arrived_s) AS o, {position} FROM {positioned} WHERE NOT is_too_large"
    )
    large = {"topic": f"'{DEAD_LETTER}'", "minute": "CAST(-1 AS BIGINT)", "reason": f"'{TOO_LARGE}'"}
    large |= {"value": f"first_bytes(message, {DEAD_LETTER_BYTES})"}
    of_large = ", ".join(large.get(name, "CAST(NULL AS STRING)") for name in TYPES)
    return tables.sql_query(
        f"""SELECT {", ".join(f"o.`{name}` AS `{name}`" for name in TYPES)}, {position} FROM {decoded}
        UNION ALL
        SELECT {of_large}, {position} FROM {positioned} WHERE is_too_large"""
    )


def _positioned(tables: StreamTableEnvironment, messages: Table, resent: str, max_bytes: int) -> Table:
    """Where each message stands; where one that was sent again stood first, and when each arrived first."""

    def header(name: str) -> str:
        return f"CASE WHEN topic = '{resent}' THEN CAST(headers['{name}'] AS STRING) END"

    return tables.sql_query(
        f"""SELECT message, byte_length(message) > {max_bytes} AS is_too_large,
            topic AS raw_topic, `partition` AS raw_partition, `offset` AS raw_offset,
            {header(Header.SOURCE)} AS source,
            COALESCE(TRY_CAST({header(Header.ARRIVED)} AS BIGINT), EXTRACT(EPOCH FROM `timestamp`))
                AS arrived_s,
            COALESCE({header(Header.ATTEMPT)}, '0') AS attempt
        FROM {messages}"""
    )
