"""The bytes that tell which sampled visitors have changed since the last look."""

import struct
from collections.abc import Mapping

_ENTRY = struct.Struct(">HQ")
VERSION = 1


def index_to_bytes(index: Mapping[str, int]) -> bytes:
    """index : visitor -> print of its numbers, 64 bits.

    Version (1 byte), then of each: length (2), print (8), id in UTF-8.
    """
    parts = [bytes([VERSION])]
    for visitor, digest in index.items():
        name = visitor.encode()
        parts += (_ENTRY.pack(len(name), digest), name)
    return b"".join(parts)


def index_from_bytes(blob: bytes) -> dict[str, int]:
    """Read any version released so far. ValueError: another version, or bytes that are no index."""
    if not blob or blob[0] != VERSION:
        raise ValueError(f"index of version {blob[:1].hex() or 'none'}; this release reads {VERSION}")
    index, position = {}, 1
    while position + _ENTRY.size <= len(blob):
        length, digest = _ENTRY.unpack_from(blob, position)
        start = position + _ENTRY.size
        position = start + length
        index[blob[start:position].decode()] = digest
    if position != len(blob):
        raise ValueError(f"{len(blob)} bytes are no index")
    return index
