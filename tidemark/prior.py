"""The prior of one facet, as the client keeps it for a minute."""

import json
from collections.abc import Collection, Mapping
from functools import cached_property

from schemas.preferences import unpack

CANDIDATES = 500
"""Untouched values that are ranked for a visitor: those that everybody likes most."""


class Prior:
    """Gamma parameters per value and horizon.

    at_ms : event time as of which they were estimated; None: there is no prior yet.
    """

    def __init__(self, at_ms: int | None, median_beta: tuple[float, ...], packed: dict[bytes, bytes]) -> None:
        self.at_ms = at_ms
        self._median_beta, self._packed = median_beta, packed

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes], horizons: int) -> "Prior":
        """From the hash in Redis, which may be empty."""
        if b"!" not in fields:
            return cls(None, (0.0,) * horizons, {})
        summary = json.loads(fields[b"!"])
        return cls(summary["at"], tuple(summary["beta"]), {f: p for f, p in fields.items() if f != b"!"})

    def alpha_beta(self, value: bytes, horizon: int) -> tuple[float, float]:
        """α and β of one value; a value that the prior does not name has α = 0 and the facet's median β."""
        packed = self._packed.get(b":" + value)
        if packed is None:
            return 0.0, self._median_beta[horizon]
        numbers = unpack(packed)
        return numbers[2 * horizon], numbers[2 * horizon + 1]

    def strongest(
        self, horizon: int, total: float, top: int, without: Collection[bytes]
    ) -> list[tuple[bytes, float]]:
        """The `top` values with the greatest share α/(e + β) for a visitor of weight e = `total`."""
        shares = [
            (value, alpha / (total + beta))
            for value, alpha, beta in self._candidates[horizon]
            if value not in without
        ]
        return sorted(shares, key=lambda item: (-item[1], item[0]))[:top]

    @cached_property
    def _candidates(self) -> list[list[tuple[bytes, float, float]]]:
        """Per horizon (value, α, β) of the values with the greatest α/β."""
        numbers = [(field[1:], unpack(packed)) for field, packed in self._packed.items()]
        horizons = []
        for h in range(len(self._median_beta)):
            known = [(value, n[2 * h], n[2 * h + 1]) for value, n in numbers if n[2 * h] > 0]
            horizons.append(sorted(known, key=lambda item: -item[1] / item[2])[:CANDIDATES])
        return horizons
