"""Decoded messages -> those that pass, and repeats and suspects (keyed state in the JVM)."""

from pyflink.table import StreamTableEnvironment, Table

from schemas.event_types import EVENT_TYPES


def admit_events(tables: StreamTableEnvironment, decoded: Table, per_minute: int) -> Table:
    """Add to each row what `jvm/`'s `AdmitEvents` says of it, which see for state and time to live.

    Returns
    -------
    Table (the columns of `decoded`, verdict): null, `duplicate` or `suspect`.
    """
    erasures = EVENT_TYPES["erasure"].topic
    tables.execute_sql("CREATE TEMPORARY FUNCTION IF NOT EXISTS admit_events AS 'io.tidemark.AdmitEvents'")
    tables.create_temporary_view("decoded_messages", decoded)
    return tables.sql_query(
        f"""SELECT key, topic, reason, `value`, source, arrived_s, attempt, EXPR$0 AS verdict
        FROM admit_events(
            event => TABLE decoded_messages PARTITION BY key,
            per_minute => {per_minute}, erasures => '{erasures}', uid => 'admit-events')"""
    )
