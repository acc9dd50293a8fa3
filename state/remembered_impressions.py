"""The bytes of impressions that articles remember, in the keyed state of the job `article_scores`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from state.article_states import cut

_HEAD = 4


@dataclass(frozen=True, eq=False)
class RememberedImpressions:
    """m impressions. reader : (m, D) float32. slate : (m, S) bytes. residual, chance : (m,) float32."""

    VERSION: ClassVar[int] = 1

    reader: NDArray[np.float32]
    slate: NDArray[np.uint8]
    residual: NDArray[np.float32]
    chance: NDArray[np.float32]

    def pack(self, size: int) -> list[bytes]:
        """In entries of `size` impressions each: version and D (1 byte each), S (2), then each impression's
        fields, little-endian."""
        D, S = self.reader.shape[1], self.slate.shape[1]
        rows = np.empty(len(self.chance), _layout(D, S))
        for name in ("reader", "slate", "residual", "chance"):
            rows[name] = getattr(self, name)
        head = bytes((self.VERSION, D)) + S.to_bytes(2)
        return [head + entry for entry in cut(rows.tobytes(), size * rows.itemsize)]

    @classmethod
    def unpack(cls, packed: Sequence[bytes], dimensions: int, sketch: int) -> "RememberedImpressions":
        """Of all entries together. Read any version released so far.

        ValueError: another version, or impressions of other dimensions or sketches: a rebuild is due.
        """
        layout, head = _layout(dimensions, sketch), bytes((dimensions,)) + sketch.to_bytes(2)
        for one in packed:
            if one[:1] != b"\x01":
                raise ValueError(f"remembered impressions of version {one[:1].hex()}; this release reads 1")
            if one[1:_HEAD] != head or (len(one) - _HEAD) % layout.itemsize:
                raise ValueError("impressions were remembered with other dimensions or sketches: rebuild")
        rows: Any = np.frombuffer(b"".join(one[_HEAD:] for one in packed), layout)
        return cls(*(rows[name].copy() for name in ("reader", "slate", "residual", "chance")))


@cache
def _layout(D: int, S: int) -> np.dtype:  # type: ignore[type-arg]
    return np.dtype([("reader", "<f4", (D,)), ("slate", "u1", (S,)), ("residual", "<f4"), ("chance", "<f4")])
