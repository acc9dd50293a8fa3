"""Raw messages -> what becomes of each, as far as it alone decides: one vectorised function."""

from typing import Any

from pandas import DataFrame, Series
from pyflink.table import DataTypes, StreamTableEnvironment, Table
from pyflink.table.udf import FunctionContext, ScalarFunction, udf

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from schemas.event_types import DEAD_LETTER, DEAD_LETTER_BYTES, Header
from schemas.refusals import TOO_LARGE

TYPES = {"topic": "STRING", "key": "STRING", "event_id": "STRING", "minute": "BIGINT", "unit": "STRING"}
TYPES |= {"value": "BYTES", "reason": "STRING"}

JAVA = {"byte_length": "io.tidemark.ByteLength", "first_bytes": "io.tidemark.FirstBytes"}


class DecodeEvents(ScalarFunction):  # type: ignore[misc]
    """Messages and the epoch seconds of their arrival -> the columns of `Outcome`."""

    def __init__(self, limits: MessageLimits) -> None:
        self._limits = limits

    def open(self, function_context: FunctionContext) -> None:  # noqa: ARG002
        self._decoder = MessageDecoder(self._limits)

    def eval(self, messages: "Series[Any]", arrived_s: "Series[int]") -> DataFrame:
        columns = self._decoder.outcomes(messages.tolist(), (arrived_s * 1000).tolist())
        return DataFrame({name: Series(column, dtype=object) for name, column in columns.items()})

    def is_deterministic(self) -> bool:
        return False  # so that the planner calls it once a message, however many columns are read


def decode_events(
    tables: StreamTableEnvironment, messages: Table, resent: str, limits: MessageLimits
) -> Table:
    """Decode, check and encode each message once; what is too large goes past Python.

    Returns
    -------
    Table (key, topic, event_id, minute, unit, value, reason: see `Outcome`; source, arrived_s, attempt: see
    `Header`). The key of what has none is its source.
    """
    result = DataTypes.ROW([DataTypes.FIELD(n, getattr(DataTypes, t)()) for n, t in TYPES.items()])
    function = udf(DecodeEvents(limits), result_type=result, func_type="pandas")
    tables.create_temporary_function("decode_event", function)
    for name, java in JAVA.items():
        tables.execute_sql(f"CREATE TEMPORARY FUNCTION IF NOT EXISTS {name} AS '{java}'")
    positioned = _positioned(tables, messages, resent, limits.max_bytes)
    decoded = tables.sql_query(
        f"""SELECT decode_event(message, arrived_s) AS o, source, arrived_s, attempt
        FROM {positioned} WHERE NOT is_too_large"""
    )
    fields = ", ".join(f"o.`{name}` AS `{name}`" for name in TYPES if name != "key")
    large = {"topic": f"'{DEAD_LETTER}'", "minute": "CAST(-1 AS BIGINT)", "reason": f"'{TOO_LARGE}'"}
    large |= {"value": f"first_bytes(message, {DEAD_LETTER_BYTES})"}
    of_large = ", ".join(large.get(name, "CAST(NULL AS STRING)") for name in TYPES if name != "key")
    return tables.sql_query(
        f"""SELECT COALESCE(o.key, source) AS key, {fields}, source, arrived_s, attempt FROM {decoded}
        UNION ALL
        SELECT source, {of_large}, source, arrived_s, attempt FROM {positioned} WHERE is_too_large"""
    )


def _positioned(tables: StreamTableEnvironment, messages: Table, resent: str, max_bytes: int) -> Table:
    """Where each message stood first and when it arrived there: in the headers of one that was sent again."""

    def header(name: str) -> str:
        return f"CASE WHEN topic = '{resent}' THEN CAST(headers['{name}'] AS STRING) END"

    position = "topic || ':' || CAST(`partition` AS STRING) || ':' || CAST(`offset` AS STRING)"
    return tables.sql_query(
        f"""SELECT message, byte_length(message) > {max_bytes} AS is_too_large,
            COALESCE({header(Header.SOURCE)}, {position}) AS source,
            COALESCE(TRY_CAST({header(Header.ARRIVED)} AS BIGINT), EXTRACT(EPOCH FROM `timestamp`))
                AS arrived_s,
            COALESCE({header(Header.ATTEMPT)}, '0') AS attempt
        FROM {messages}"""
    )
