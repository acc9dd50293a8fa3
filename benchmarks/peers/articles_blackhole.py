"""Feedback from Kafka straight to `blackhole`: `flink run --python articles_blackhole.py ARGUMENTS`."""

from benchmarks.peers.arguments import parse
from benchmarks.peers.flink_table import attached
from schemas.avro import load
from schemas.flink_types import columns


def main() -> None:
    """Submit it."""
    tables, events = attached(parse(), "articles_blackhole", {"pipeline.object-reuse": "true"}, "feedback")
    schema = load("feedback")
    tables.execute_sql(f"CREATE TABLE void ({columns(schema)}) WITH ('connector' = 'blackhole')")
    names = ", ".join(f"`{field['name']}`" for field in schema.fields)
    tables.sql_query(f"SELECT {names} FROM {events}").execute_insert("void")


if __name__ == "__main__":
    main()
