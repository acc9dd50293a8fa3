"""Bytes of states that are some texts and numbers, and some arrays."""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from state.header import read_header

_HEADER = struct.Struct(">bI")
Array = np.ndarray[Any, Any]


def packed(version: int, said: dict[str, Any], arrays: Sequence[Array]) -> bytes:
    """Version (1 byte), length of what follows (4), JSON of what is said and of the arrays' types and shapes,
    then the arrays, little-endian."""
    plain = [array.astype(array.dtype.newbyteorder("<"), copy=False) for array in arrays]
    parts = [[array.dtype.str, *array.shape] for array in plain]
    header = msgspec.json.encode([said, parts])
    return b"".join([_HEADER.pack(version, len(header)), header, *(array.tobytes() for array in plain)])


def unpacked(blob: bytes, version: int, what: str) -> tuple[dict[str, Any], list[Array]]:
    """What `packed` was given; the arrays cannot be written to.

    ValueError: another version than this one, or bytes that are no such state.
    """
    (length,) = read_header(_HEADER, blob, version, what)
    said, parts = msgspec.json.decode(blob[_HEADER.size : _HEADER.size + length])
    at, arrays = _HEADER.size + length, []
    for kind, *shape in parts:
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(blob, kind, count, at).reshape(shape))
        at += arrays[-1].nbytes
    if at != len(blob):
        raise ValueError(f"{len(blob)} bytes are no {what} of {at}")
    return said, arrays
