"""A sample of visitors' preferences, and the priors made from it: what a sink reads and what it publishes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.preferences import AT, PreferenceSchema

SUMMARY = b"!"  # field of a prior: JSON {"at", "visitors", "beta"}
MOST_VALUES = 10_000  # of a prior: those that most visitors of the sample have

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]


@dataclass(frozen=True)
class FacetSample:
    """One facet of n visitors, who have m (visitor, value) pairs of k distinct values, at H horizons.

    totals : (n, H), log2 S + T/h of all values of the visitor.
    values : k distinct names; value, visitor : (m,), which of them, and whose.
    numbers : (m, H), log2 S + T/h of the pair.
    """

    totals: Floats
    values: list[bytes]
    value: Indices
    visitor: Indices
    numbers: Floats


@dataclass(frozen=True)
class PreferenceSample:
    """at_ms : the latest event time among the visitors; 0 when there are none. facets : by name."""

    at_ms: int
    half_lives_ms: tuple[int, ...]
    facets: dict[str, FacetSample]


@dataclass(frozen=True)
class FacetPrior:
    """Gamma priors of k values at H horizons, as of `at_ms`, from `visitors` visitors.

    alpha, beta : (k, H), both in units of decayed weight.
    median_beta : (H,), for a value that is not among them.
    """

    at_ms: int
    visitors: int
    values: list[bytes]
    alpha: Floats
    beta: Floats
    median_beta: Floats

    def fields(self) -> dict[bytes, bytes]:
        """What Redis holds: `:VALUE` -> alpha and beta of each horizon in turn, big-endian doubles."""
        packed = np.stack([self.alpha, self.beta], axis=2).astype(">f8").tobytes()
        width = 16 * self.alpha.shape[1]
        summary: dict[str, Any] = {
            "at": self.at_ms,
            "visitors": self.visitors,
            "beta": self.median_beta.tolist(),
        }
        return {
            SUMMARY: json.dumps(summary).encode(),
            **{b":" + v: packed[i * width : (i + 1) * width] for i, v in enumerate(self.values)},
        }


class SampleBuilder:
    """Collects visitor hashes as columns: some 40 bytes a value, where the hashes take 200."""

    def __init__(self, schema: PreferenceSchema) -> None:
        self._facets = {code.encode(): _FacetColumns() for _, code in schema.facets}
        self._names = [name for name, _ in schema.facets]
        self._half_lives_ms = tuple(h.half_life_ms for h in schema.horizons)
        self._at_ms: int | None = None

    def add(self, hashes: Iterable[Mapping[bytes, bytes]]) -> None:
        """Hashes as `HGETALL` gives them; an empty one is no visitor."""
        for fields in hashes:
            if AT in fields:
                self._at_ms = max(int(fields[AT]), self._at_ms or int(fields[AT]))
            for code, columns in self._facets.items():
                if code in fields:
                    columns.totals.append(fields[code])
            for field, packed in fields.items():
                code, colon, value = field.partition(b":")
                if colon and code in self._facets and code in fields:
                    self._facets[code].add(value, packed)

    def sample(self) -> PreferenceSample:
        facets = (columns.sample(len(self._half_lives_ms)) for columns in self._facets.values())
        return PreferenceSample(
            self._at_ms or 0, self._half_lives_ms, dict(zip(self._names, facets, strict=True))
        )


class _FacetColumns:
    def __init__(self) -> None:
        self.totals: list[bytes] = []
        self.indices: dict[bytes, int] = {}
        self.value: list[int] = []
        self.visitor: list[int] = []
        self.numbers = bytearray()

    def add(self, value: bytes, packed: bytes) -> None:
        self.value.append(self.indices.setdefault(value, len(self.indices)))
        self.visitor.append(len(self.totals) - 1)
        self.numbers += packed

    def sample(self, horizons: int) -> FacetSample:
        return FacetSample(
            totals=_doubles(b"".join(self.totals), horizons),
            values=list(self.indices),
            value=np.array(self.value, dtype=np.int32),
            visitor=np.array(self.visitor, dtype=np.int32),
            numbers=_doubles(bytes(self.numbers), horizons),
        )


def _doubles(packed: bytes, horizons: int) -> Floats:
    return np.frombuffer(packed, dtype=">f8").astype(np.float64).reshape(-1, horizons)
