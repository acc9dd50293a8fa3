"""Each message's outcome -> a Kafka message with its topic and headers (in the JVM)."""

from pyflink.table import StreamTableEnvironment, Table

from schemas.event_types import DEAD_LETTER, SUSPECT, WITHHELD, Header


def route_outcomes(tables: StreamTableEnvironment, admitted: Table, prefix: str) -> Table:
    """Name topic, key and headers; of what is withheld, its position and the cause remain.

    Returns
    -------
    Table (key, value, topic, headers), as Kafka gets it.
    """
    routed = tables.sql_query(
        f"""SELECT *, CASE verdict WHEN 'duplicate' THEN '{WITHHELD}' WHEN 'suspect' THEN '{SUSPECT}'
            ELSE topic END AS goes_to FROM {admitted}"""
    )
    dead_letter = _headers(
        {
            Header.SOURCE: "source",
            Header.REASON: "reason",
            Header.ARRIVED: "CAST(arrived_s AS STRING)",
            Header.ATTEMPT: "attempt",
        }
    )
    return tables.sql_query(
        f"""SELECT
            CAST(CASE goes_to WHEN '{WITHHELD}' THEN source ELSE key END AS BYTES) AS key,
            CASE goes_to WHEN '{WITHHELD}' THEN CAST(COALESCE(verdict, reason) AS BYTES) ELSE `value` END
                AS `value`,
            '{prefix}' || goes_to AS topic,
            CASE goes_to WHEN '{DEAD_LETTER}' THEN {dead_letter}
                WHEN '{SUSPECT}' THEN {_headers({Header.SOURCE: "source", Header.TO: "topic"})}
                ELSE {_headers({Header.SOURCE: "source"})} END AS headers
        FROM {routed}"""
    )


def _headers(of: dict[str, str]) -> str:
    """A map of names to the bytes of SQL expressions."""
    pairs = [f"'{name}', CAST({text} AS BYTES)" for name, text in of.items()]
    return f"MAP[{', '.join(pairs)}]"
