"""Rows of segments in, Redis commands out."""

from collections.abc import Iterable

from schemas.segments import SegmentSchema
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command
from sink_connectors.tombstones import Tombstones

Row = tuple[str, str, str, int, int, bytes]
"""kind, visitor, shop, version, since_ms, body: see `operators/segments/segment_rows.py`."""


def segment_commands(schema: SegmentSchema, tombstones: Tombstones, rows: Iterable[Row]) -> list[Command]:
    """One command a visitor and shop, shop, or erasure; it may be sent any number of times, in any order.

    Of several rows for one value the last is taken. Erasures until different times all count: the last need
    not be the latest.
    """
    latest: dict[tuple[str | int, ...], Row] = {}
    for row in rows:
        value = row[:4] if row[0] == "forgotten" else row[:3]
        latest.pop(value, None)  # the last of them stands where it came
        latest[value] = row
    return [_command(schema, tombstones, row) for row in latest.values()]


def _command(schema: SegmentSchema, tombstones: Tombstones, row: Row) -> Command:
    kind, visitor, shop, version, since_ms, body = row
    if kind == "profile":
        return ["FCALL", function("publish"), 1, schema.shop_key(shop), schema.ttl_s, version, body]
    if kind == "rest":
        return ["SET", schema.rest_key(shop, visitor), body, "EX", schema.ttl_s]
    if kind == "industry":
        return ["SET", schema.industry_key(shop), body, "EX", schema.ttl_s]
    key = schema.visitor_key(visitor).encode()
    tombstone = tombstones.key(visitor, key)
    if kind == "forgotten":
        return ["FCALL", function("unassign"), 2, key, tombstone, version]
    return ["FCALL", function("assign"), 2, key, tombstone, schema.ttl_s, shop, since_ms, body]
