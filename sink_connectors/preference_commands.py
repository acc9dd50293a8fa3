"""Columns of preferences in, Redis commands out."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from schemas.preferences import AT, PreferenceSchema
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command

Fields = dict[bytes, bytes]


def latest_fields(
    schema: PreferenceSchema,
    visitors: Iterable[str],
    facets: Sequence[Iterable[str | None]],
    packed: Sequence[bytes],
) -> dict[str, Fields]:
    """Per visitor the latest bytes of each field; of rows for one field the last wins.

    packed : per row 8 bytes of latest event time, 8 of the earliest, then for each facet its value's and its total's numbers.
    """
    latest: dict[str, Fields] = {}
    rows = []
    for visitor, row in zip(visitors, packed, strict=True):
        fields = latest.get(visitor)
        if fields is None:
            fields = latest[visitor] = {}
        fields[AT] = row[:8]
        rows.append(fields)

    width = 8 * len(schema.horizons)
    start = 16
    for (_, code), column in zip(schema.facets, facets, strict=True):
        total, prefix = code.encode(), code + ":"
        middle, end = start + width, start + 2 * width
        for fields, value, row in zip(rows, column, packed, strict=True):
            if value is not None:
                fields[(prefix + value).encode()] = row[start:middle]
                fields[total] = row[middle:end]
        start = end
    return latest


def grow_commands(schema: PreferenceSchema, latest: dict[str, Fields]) -> list[Command]:
    """One command a visitor. A command may be sent any number of times and in any order."""
    head: Command = ["FCALL", function("grow"), 1]
    layout: Command = [schema.ttl_s, schema.keep, schema.max_fields, len(schema.horizons)]
    before, after = schema.visitor_key("\0").encode().split(b"\0")
    commands: list[Command] = []
    for visitor, fields in latest.items():
        at_ms = int.from_bytes(fields.pop(AT), "big", signed=True)
        command = [*head, before + visitor.encode() + after, *layout, at_ms]
        for field in fields.items():
            command += field
        commands.append(command)
    return commands


def sample_command(schema: PreferenceSchema, visitors: Iterable[str], below: float) -> Command:
    """Offer the visitors whose hash is less than `below` to the sample; its answer is the next `below`."""
    command: Command = [
        "FCALL",
        function("sample"),
        1,
        schema.sample_key.encode(),
        schema.ttl_s,
        schema.sample_visitors,
    ]
    for visitor in visitors:
        score = hash01(visitor)
        if score < below:
            command += (score, visitor.encode())
    return command


def hash01(visitor: str) -> float:
    """A number in [0, 1) for the visitor: the same in every process and release, else as good as random."""
    digest = blake2b(visitor.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
