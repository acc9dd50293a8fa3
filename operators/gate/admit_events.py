"""Decoded messages -> what Kafka gets of each, repeats and suspects found (keyed state in the JVM)."""

from pyflink.table import StreamTableEnvironment, Table

from operators.preferences.decayed_preferences import BUCKETS, SWEEP_MS
from schemas.event_types import DEAD_LETTER, EVENT_TYPES, SUSPECT, WITHHELD

KEPT_MS = 86_400_000
"""How long an event id, and what a visitor did in a minute, is known."""

COLUMNS = """key, topic, event_id, `minute`, unit, `value`, reason,
    raw_topic, raw_partition, raw_offset, source, arrived_s, attempt"""
"""As `AdmitEvents` takes them."""


def admit_events(
    tables: StreamTableEnvironment,
    decoded: Table,
    per_minute: int,
    prefix: str = "",
    kept_ms: int = KEPT_MS,
    sweep_ms: int = SWEEP_MS,
) -> Table:
    """What Kafka gets of each message, by `jvm/`'s `AdmitEvents`, which see for rules and state.

    prefix : before the names of all topics.
    kept_ms : time to live of what is known since it was written, in processing time.
    sweep_ms : within so long after it an event of the same bucket removes it.

    Returns
    -------
    Table (key, value, topic, headers: see `Header`). Of what is withheld, its position and the cause remain.
    """
    tables.execute_sql("CREATE TEMPORARY FUNCTION IF NOT EXISTS admit_events AS 'io.tidemark.AdmitEvents'")
    bucket = f"COALESCE(ABS(MOD(HASH_CODE(key), {BUCKETS})), CAST(MOD(raw_offset, {BUCKETS}) AS INT))"
    bucketed = tables.sql_query(f"SELECT {bucket} AS bucket, {COLUMNS} FROM {decoded}")
    tables.create_temporary_view("decoded_messages", bucketed)
    return tables.sql_query(
        f"""SELECT `key`, `value`, topic, headers
        FROM admit_events(
            event => TABLE decoded_messages PARTITION BY bucket,
            per_minute => {per_minute},
            kept_ms => CAST({kept_ms} AS BIGINT),
            sweep_ms => CAST({sweep_ms} AS BIGINT),
            prefix => '{prefix}',
            dead_letters => '{DEAD_LETTER}',
            suspect_events => '{SUSPECT}',
            withheld => '{WITHHELD}',
            erasures => '{EVENT_TYPES["erasure"].topic}',
            uid => 'admit-events')"""
    )
