"""The head of every state's bytes: the version that wrote it comes first, as one byte."""

import struct
from typing import Any


def read_header(head: struct.Struct, blob: bytes, version: int, name: str) -> tuple[Any, ...]:
    """What follows the version in the head.

    name : of what the bytes should be, for the error.

    Raises
    ------
    ValueError : too short, or of another version than the one that is read.
    """
    if len(blob) < head.size:
        raise ValueError(f"{len(blob)} bytes are no {name}")
    found, *rest = head.unpack_from(blob)
    if found != version:
        raise ValueError(f"{name} of version {found}; this release reads {version}")
    return tuple(rest)
