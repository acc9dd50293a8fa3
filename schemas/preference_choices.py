"""What visitors choose next: the model that a job publishes, and the numbers that it learns from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SUMMARY = b"!"  # field of a choice model: JSON, see `FacetChoices.fields`
MOST_VALUES = 500  # of a choice model: those of which everybody has most

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FacetChoices:
    """The choice model of one facet, as of `at_ms`, learned from `learned` choices.

    values : C names. shares : (C,) everybody's. weights : (C, K) of each value's features. shared : (K,) of
    the features of any other value, whose share among everybody is taken as `rest`. smoothing : β, in weight.
    """

    at_ms: int
    learned: int
    values: list[bytes]
    shares: Floats
    weights: Floats
    shared: Floats
    rest: float
    smoothing: float

    def fields(self) -> dict[bytes, bytes]:
        """What Redis holds: `:VALUE` -> its share, then its weights, big-endian doubles."""
        packed = np.column_stack([self.shares, self.weights]).astype(">f8").tobytes()
        width = 8 * (1 + len(self.shared))
        summary = {
            "at": self.at_ms,
            "learned": self.learned,
            "shared": self.shared.tolist(),
            "rest": self.rest,
            "smoothing": self.smoothing,
        }
        return {
            SUMMARY: json.dumps(summary).encode(),
            **{b":" + v: packed[i * width : (i + 1) * width] for i, v in enumerate(self.values)},
        }


def numbers_of(
    hashes: Sequence[Mapping[bytes, bytes]], code: str, values: Sequence[bytes], horizons: int
) -> tuple[Floats, Floats]:
    """(H, n, C) log2 S + T/h of the n visitors' values, (H, n) of the facet's totals; -inf: there is none.

    hashes : as `HGETALL` gives them. code : of the facet.
    """
    prefix = code.encode()
    place = {prefix + b":" + value: c for c, value in enumerate(values)}
    rows, columns, packed = [], [], []
    totals = np.full((len(hashes), horizons), -np.inf)
    for row, fields in enumerate(hashes):
        if prefix in fields:
            totals[row] = np.frombuffer(fields[prefix], ">f8")
        for name, numbers in fields.items():
            column = place.get(name)
            if column is not None:
                rows.append(row)
                columns.append(column)
                packed.append(numbers)
    found = np.full((len(hashes), len(values), horizons), -np.inf)
    found[rows, columns] = np.frombuffer(b"".join(packed), ">f8").reshape(-1, horizons)
    return np.moveaxis(found, 2, 0), totals.T
