"""The bytes of a shop's categories in keyed state: which dimension each is."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bI")


@dataclass(frozen=True, eq=False)
class ShopCategories:
    """C categories in the order in which the shop's visitors first touched them.

    hashes : (C,) unsigned 64 bits, each once, as the vectors name them. names : C texts, as the events do.
    """

    VERSION: ClassVar[int] = 1

    hashes: NDArray[np.uint64]
    names: tuple[str, ...]

    @classmethod
    def none(cls) -> Self:
        return cls(np.zeros(0, dtype=np.uint64), ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShopCategories) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Version (1 byte), C (4), hashes (8 each, big-endian), then the names, a NUL after each."""
        names = b"".join(name.replace("\0", "\ufffd").encode() + b"\0" for name in self.names)
        return _HEADER.pack(self.VERSION, len(self.names)) + self.hashes.astype(">u8").tobytes() + names

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no categories."""
        (count,) = read_header(_HEADER, blob, cls.VERSION, "shop's categories")
        *names, rest = blob[_HEADER.size + 8 * count :].split(b"\0")
        if len(names) != count or rest:
            raise ValueError(f"{len(blob)} bytes are no shop's {count} categories")
        hashes = np.frombuffer(blob, ">u8", count, _HEADER.size).astype(np.uint64)
        return cls(hashes, tuple(name.decode() for name in names))
