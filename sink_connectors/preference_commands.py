"""Columns of preferences in, Redis commands out."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from schemas.preferences import AT, ERASURE_ROW, ROW_TIMES, SINCE, PreferenceSchema
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command
from sink_connectors.tombstones import Tombstones

Fields = dict[bytes, bytes]

_TIMES = frozenset({AT, SINCE})


class Latest(NamedTuple):
    """What a bundle of rows comes to.

    fields : per visitor the latest bytes of each field, with `AT` and `SINCE` as they stand in the row.
    erased : per visitor until when to forget, epoch milliseconds. To be done before the fields are written.
    """

    fields: dict[str, Fields]
    erased: dict[str, int]


def latest_fields(
    schema: PreferenceSchema,
    visitors: Iterable[str],
    facets: Sequence[Iterable[str | None]],
    packed: Sequence[bytes],
) -> Latest:
    """The rows in order of arrival: of those for one field the last wins.

    packed : per row `ROW_TIMES`, then for each facet its value's and its total's numbers; or `ERASURE_ROW`.
    """
    latest: dict[str, Fields] = {}
    erased: dict[str, int] = {}
    rows: list[Fields] = []
    for visitor, row in zip(visitors, packed, strict=True):
        if len(row) == ERASURE_ROW.size:
            _forget(latest, erased, visitor, *ERASURE_ROW.unpack(row))
            rows.append({})  # it has no values
            continue
        fields = latest.get(visitor)
        if fields is None:
            fields = latest[visitor] = {}
        fields[AT] = row[:8]
        fields[SINCE] = row[8:16]
        rows.append(fields)

    width = 8 * len(schema.horizons)
    start = ROW_TIMES.size
    for (_, code), column in zip(schema.facets, facets, strict=True):
        total, prefix = code.encode(), code + ":"
        middle, end = start + width, start + 2 * width
        for fields, value, row in zip(rows, column, packed, strict=True):
            if value is not None:
                fields[(prefix + value).encode()] = row[start:middle]
                fields[total] = row[middle:end]
        start = end
    return Latest(latest, erased)


def _forget(latest: dict[str, Fields], erased: dict[str, int], visitor: str, until_ms: int) -> None:
    erased[visitor] = max(until_ms, erased.get(visitor, until_ms))
    if visitor in latest and _time(latest[visitor][SINCE]) <= until_ms:
        del latest[visitor]


def grow_commands(
    schema: PreferenceSchema, tombstones: Tombstones, latest: Mapping[str, Fields]
) -> list[Command]:
    """One command a visitor; it may be sent any number of times and in any order.

    Its answer is how many fields changed, or -1: a tombstone refuses what is so old.
    """
    head: Command = ["FCALL", function("grow"), 2]
    layout: Command = [schema.ttl_s, schema.keep, schema.max_fields, len(schema.horizons)]
    before, after = schema.visitor_key("\0").encode().split(b"\0")
    commands: list[Command] = []
    for visitor, fields in latest.items():
        key = before + visitor.encode() + after
        times = _time(fields[AT]), _time(fields[SINCE])
        command = [*head, key, tombstones.key(visitor, key), *layout, *times]
        for name, packed in fields.items():
            if name not in _TIMES:
                command += (name, packed)
        commands.append(command)
    return commands


def _time(packed: bytes) -> int:
    return int.from_bytes(packed, "big", signed=True)


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
