"""Rows of numbers in keyed state, those of a batch as one array."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from operators.maths.arrays import Floats, Ints


class Rows(Protocol):
    """Flink's `MapState` of an integer to bytes; for evaluations, something in memory."""

    def get(self, key: int) -> bytes | None: ...
    def put(self, key: int, value: bytes) -> None: ...


class StoredRows:
    """A table of which only rows that were stored take room.

    first : rows (n,) -> (n, width), what stands where nothing was stored yet. type : of a stored number.
    """

    def __init__(self, state: Rows, first: Callable[[Ints], Floats], type: str = "<f4") -> None:
        self._state, self._first, self._type = state, first, np.dtype(type)

    def load(self, rows: Ints, more: int = 0) -> Floats:
        """(n, width + more). rows : (n,), each once. more : columns that came later; 0 where not stored."""
        first = self._first(rows)
        table: Floats = np.concatenate([first, np.zeros((len(rows), more))], axis=1)
        for at, row in enumerate(rows.tolist()):
            blob = self._state.get(row)
            if blob is not None:
                numbers = np.frombuffer(blob, self._type)
                table[at, : len(numbers)] = numbers
        return table

    def store(self, rows: Ints, table: Floats) -> None:
        """What `load` returns from now on."""
        packed = table.astype(self._type)
        for row, numbers in zip(rows.tolist(), packed, strict=True):
            self._state.put(row, numbers.tobytes())
