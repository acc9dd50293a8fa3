"""The bytes of what places in lists are worth."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Places:
    """shown, clicked : decayed counts by place. at_ms : event time as of which they stand."""

    VERSION: ClassVar[int] = 1

    shown: Floats
    clicked: Floats
    at_ms: int

    def to_bytes(self) -> bytes:
        return packed(self.VERSION, {"at_ms": self.at_ms}, [self.shown, self.clicked])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (shown, clicked) = unpacked(blob, cls.VERSION, "places")
        return cls(shown, clicked, said["at_ms"])
