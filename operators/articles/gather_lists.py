"""Impressions and clicks -> lists: what was shown, and what became of it (keyed state in the JVM)."""

from pyflink.table import StreamTableEnvironment, Table

COLUMNS = ("kind", "visitor_id", "list_id", "at_ms", "appended_ms", "content")
"""Of the rows that `gather_lists` gives, for micro-batches."""


def with_forgetting(tables: StreamTableEnvironment, feedback: Table, erasures: Table) -> Table:
    """What visitors were shown and clicked, and wishes to be forgotten, in one table: one state has all.

    Both tables have `happened`, their event time with a watermark.
    """
    null = "CAST(NULL AS STRING)"
    return tables.sql_query(
        f"""SELECT visitor_id, kind, list_id, list_length, article_id, `position`, recent_articles, segment,
            event_time, appended_ms, shop_id, happened FROM {feedback}
        UNION ALL
        SELECT visitor_id, 'erasure', {null}, CAST(NULL AS INT), {null}, CAST(NULL AS INT),
            CAST(NULL AS ARRAY<STRING NOT NULL>), {null}, event_time, appended_ms, {null}, happened
            FROM {erasures}"""
    )


def gather_lists(
    tables: StreamTableEnvironment, events: Table, window_ms: int, wait_ms: int, retention_ms: int
) -> Table:
    """Gather what `with_forgetting` gives by list, in event time.

    window_ms : a click counts less than so long after its list was shown; the outcome is known then.
    wait_ms : so long a list waits for the last of its impressions.
    retention_ms : so long after the latest it is known what a visitor clicked.

    `jvm/`'s `GatherLists` does it, which see for repetitions, late events, erasures, and the bytes.

    Returns
    -------
    Table (shard INT, always 0, and `COLUMNS`), append-only: of a list first what was shown, then its outcome;
    and at each click what the visitor clicked last.
    """
    tables.execute_sql("CREATE TEMPORARY FUNCTION IF NOT EXISTS gather_lists AS 'io.tidemark.GatherLists'")
    tables.create_temporary_view("feedback_and_erasures", events)
    gathered = tables.sql_query(
        f"""SELECT 0 AS shard, {", ".join(COLUMNS)}
        FROM gather_lists(
            event => TABLE feedback_and_erasures PARTITION BY visitor_id,
            window_ms => CAST({window_ms} AS BIGINT),
            wait_ms => CAST({wait_ms} AS BIGINT),
            retention_ms => CAST({retention_ms} AS BIGINT),
            on_time => DESCRIPTOR(happened),
            uid => 'gather-lists')"""
    )
    return tables.from_data_stream(tables.to_data_stream(gathered))  # once, however many statements read it


def with_features(tables: StreamTableEnvironment, gathered: Table, features: Table) -> Table:
    """What `gather_lists` gives of lists, without the rows about visitors' latest clicks; and a row of kind
    `described` for every message of `article-features`, its content the Avro body."""
    return tables.sql_query(
        f"""SELECT * FROM {gathered} WHERE kind <> 'clicked'
        UNION ALL
        SELECT 0, 'described', '', '', appended_ms, appended_ms, body
        FROM {features} WHERE body IS NOT NULL"""
    )
