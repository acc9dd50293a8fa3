"""The bytes of a sampled visitor as Redis held it at the last look: what predicts its next choices."""

import struct
from collections.abc import Mapping

from state.header import read_header

_HEADER = struct.Struct(">bI")
_FIELD = struct.Struct(">HI")
VERSION = 1


def snapshot_to_bytes(fields: Mapping[bytes, bytes]) -> bytes:
    """Version (1 byte), count of fields (4), then of each: lengths (2 and 4), its name, its content."""
    parts = [_HEADER.pack(VERSION, len(fields))]
    for name, content in fields.items():
        parts += (_FIELD.pack(len(name), len(content)), name, content)
    return b"".join(parts)


def snapshot_from_bytes(blob: bytes) -> dict[bytes, bytes]:
    """Read any version released so far. ValueError: another version, or bytes that are no snapshot."""
    (count,) = read_header(_HEADER, blob, VERSION, "visitor's snapshot")
    fields, position = {}, _HEADER.size
    for _ in range(count):
        if position + _FIELD.size > len(blob):
            break
        name, content = _FIELD.unpack_from(blob, position)
        start = position + _FIELD.size
        position = start + name + content
        fields[blob[start : start + name]] = blob[start + name : position]
    if position != len(blob) or len(fields) != count:
        raise ValueError(f"{len(blob)} bytes are no visitor's snapshot of {count} fields")
    return fields
