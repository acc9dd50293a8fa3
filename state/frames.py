"""Several byte strings in one."""

import struct
from collections.abc import Iterable

_LENGTH = struct.Struct(">I")


def join_frames(blobs: Iterable[bytes]) -> bytes:
    """Each after its length (4 bytes, big-endian)."""
    return b"".join(part for blob in blobs for part in (_LENGTH.pack(len(blob)), blob))


def split_frames(joined: bytes) -> list[bytes]:
    """What was joined. ValueError: the bytes end within a frame."""
    frames, at = [], 0
    while at < len(joined):
        start = at + _LENGTH.size
        if start > len(joined):
            raise ValueError(f"{len(joined)} bytes end within the length of a frame")
        (length,) = _LENGTH.unpack_from(joined, at)
        at = start + length
        frames.append(joined[start:at])
    if at > len(joined):
        raise ValueError(f"{len(joined)} bytes end within a frame")
    return frames
