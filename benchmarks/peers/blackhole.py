"""Flink's Kafka source straight to `blackhole`, the ceiling: `flink run --python blackhole.py ARGUMENTS`."""

from benchmarks.peers.arguments import parse
from benchmarks.peers.flink_table import behaviors
from schemas.behaviors import SCHEMA
from schemas.flink_types import columns


def main() -> None:
    """Submit it."""
    tables, events = behaviors(parse(), "blackhole", {"pipeline.object-reuse": "true"})
    tables.execute_sql(f"CREATE TABLE void ({columns(SCHEMA)}) WITH ('connector' = 'blackhole')")
    names = ", ".join(f"`{field['name']}`" for field in SCHEMA.fields)
    tables.sql_query(f"SELECT {names} FROM {events}").execute_insert("void")


if __name__ == "__main__":
    main()
