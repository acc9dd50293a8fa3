"""Values of a visitor in a facet with their weights and shares, and the order they stand in."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from schemas.preferences import AT, PreferenceSchema, unpack
from tidemark.choices import Choices, Numbers
from tidemark.prior import Prior
from tidemark.smoothing import smoothed_share, weight_at

Item = tuple[bytes, float, float]
"""Value, weight, share."""


@dataclass(frozen=True)
class VisitorFacet:
    """What Redis holds of a visitor in a facet.

    code : of the facet. fields : of the visitor, in all facets. h : place of the horizon. at_ms : as of when.
    """

    schema: PreferenceSchema
    code: bytes
    fields: Mapping[bytes, bytes]
    h: int
    at_ms: int

    @property
    def known(self) -> bool:
        return self.code in self.fields

    @property
    def total(self) -> float:
        """Decayed weight of the whole facet."""
        return (
            0.0 if self._totals is None else weight_at(self._totals[self.h], self.at_ms, self._half_life_ms)
        )

    def own(self, prior: Prior) -> list[Item]:
        """The values of the visitor, shares by Gamma-Poisson; none where it is unknown."""
        if self._totals is None:
            return []
        x_total, items = self._totals[self.h], []
        for value, numbers in self._numbers.items():
            x, alpha_beta = numbers[self.h], prior.alpha_beta(value, self.h)
            share = smoothed_share(x, x_total, self.at_ms, self._half_life_ms, alpha_beta)
            items.append((value, weight_at(x, self.at_ms, self._half_life_ms), share))
        return items

    def everybodys(self, prior: Prior, top: int) -> list[Item]:
        """The `top` values that the visitor has not touched, as strong as everybody likes them."""
        found = prior.strongest(self.h, self.total, top, without=self._numbers if self.known else ())
        return [(value, 0.0, share) for value, share in found]

    def mixed(self, choices: Choices, lifts: Mapping[bytes, float]) -> list[Item]:
        """Every value by its share of what the visitor takes next; as of its latest event, if that is later.

        lifts : how much more the visitor's segment takes of a value, a ratio.
        """
        half_lives_ms = [horizon.half_life_ms for horizon in self.schema.horizons]
        at_ms = max(self.at_ms, int(self.fields.get(AT, 0)))
        shares = choices.shares(self._numbers, self._totals, half_lives_ms, at_ms, lifts)
        own = self._numbers if self.known else {}
        weights = {v: weight_at(n[self.h], self.at_ms, self._half_life_ms) for v, n in own.items()}
        return [(value, weights.get(value, 0.0), share) for value, share in shares.items()]

    def has(self, item: Item) -> bool:
        """Whether it is one of the visitor's own."""
        return self.known and item[0] in self._numbers

    @property
    def _half_life_ms(self) -> int:
        return self.schema.horizons[self.h].half_life_ms

    @cached_property
    def _totals(self) -> Numbers | None:
        return unpack(self.fields[self.code]) if self.known else None

    @cached_property
    def _numbers(self) -> dict[bytes, Numbers]:
        prefix = self.code + b":"
        return {name[len(prefix) :]: unpack(x) for name, x in self.fields.items() if name.startswith(prefix)}


def by_weight(item: Item) -> tuple[float, float, bytes]:
    value, weight, share = item
    return -weight, -share, value


def by_share(item: Item) -> tuple[float, float, bytes]:
    value, weight, share = item
    return -share, -weight, value
