"""Avro written by hand from its specification, independent of fastavro (Avro 1.12, "Binary encoding")."""

import struct
from typing import Any


def long(value: int) -> bytes:
    """Zig-zag, then seven bits a byte, the lowest first; the high bit says that more follow."""
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def string(value: str) -> bytes:
    return long(len(value.encode())) + value.encode()


def optional(body: bytes | None) -> bytes:
    """A union `["null", T]`: the branch, then its value."""
    return long(0) if body is None else long(1) + body


def behavior(record: dict[str, Any]) -> bytes:
    """Version 1 of the behaviours, field by field."""
    required = ("event_id", "visitor_id", "shop_id", "industry", "item_id", "category")
    brand = record["brand"]
    amounts = [record["price"], record["quantity"]]
    return (
        b"".join(string(record[name]) for name in required)
        + optional(None if brand is None else string(brand))
        + b"".join(optional(None if amount is None else struct.pack("<d", amount)) for amount in amounts)
        + string(record["behavior"])
        + long(record["event_time"])
    )


def array(items: list[bytes]) -> bytes:
    """One block with its count, then the block of none."""
    return (long(len(items)) + b"".join(items) if items else b"") + long(0)


def feedback(record: dict[str, Any]) -> bytes:
    """Version 1 of the feedback, field by field."""
    shop, position, preferences = record["shop_id"], record["position"], record["preferences"]
    segment = record["segment"]
    pairs = [string(name) + struct.pack("<d", share) for name, share in (preferences or {}).items()]
    return (
        string(record["event_id"])
        + string(record["list_id"])
        + long(record["list_length"])
        + string(record["visitor_id"])
        + optional(None if shop is None else string(shop))
        + string(record["article_id"])
        + string(record["kind"])
        + optional(None if position is None else long(position))
        + array([string(article) for article in record["recent_articles"]])
        + optional(None if segment is None else string(segment))
        + optional(None if preferences is None else array(pairs))
        + long(record["event_time"])
    )
