"""A shop that few have visited yet is seen with the eyes of its industry.

An industry is a shop like any other, whose visitors are a sample of those of its shops: its segments are
learned by the same steps. A new shop's visitors are assigned by its own sums and the industry's, which count
as a few hundred visits do; what the shop learns is its own. So its first visitor has a segment that says
something, its sums stay those of its members, and its first refit finds visitors in segments already.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.name_dimensions import Hashes
from operators.segments.segment_state import no_segments, widened
from operators.segments.shop_segments import ShopSegments, ShopSettings
from state.segment_model import SegmentModel

MARK = "\x01"
"""Before an industry's name, where a shop's id stands otherwise."""


def industry_as_shop(industry: str) -> str:
    return MARK + industry


def industry_of(shop: str) -> str | None:
    """Its name; None: a shop."""
    return shop[1:] if shop.startswith(MARK) else None


def is_cold(name: str, shop: ShopSegments, settings: ShopSettings) -> bool:
    """Whether its industry has a say in it."""
    is_new = shop.model.seen < settings.cold_visits
    return is_new and settings.industry_weight > 0 and industry_of(name) is None


@dataclass(frozen=True)
class Industry:
    """An industry's segments as pseudo-counts of nobody's visits.

    hashes : (C,) of its categories, ascending. sums : (K, C).
    """

    hashes: Hashes
    sums: Floats

    @classmethod
    def of(cls, learned: ShopSegments, settings: ShopSettings) -> Self:
        """As many counts as the settings say, no more than it has seen; without shared dimensions."""
        hashes = learned.categories.hashes
        order = np.argsort(hashes)
        sums = np.maximum(learned.model.sums[:, order], 0.0)
        weight = settings.industry_weight / max(float(sums.sum()), settings.industry_weight)
        return cls(hashes[order], sums * weight)

    def seen_from(self, shop: ShopSegments, at_ms: int) -> SegmentModel:
        """In the shop's dimensions, where it knows the category; at_ms : of the batch.

        Only this is done for each new shop of a batch: it costs as little as the shop is wide.
        """
        own = shop.categories.hashes
        model = widened(no_segments(len(shop.model.sums)), len(shop.model.sales))
        if len(self.hashes):
            at = np.minimum(np.searchsorted(self.hashes, own), len(self.hashes) - 1)
            model.sums[:, : len(own)] = self.sums[:, at] * (self.hashes[at] == own)
        return replace(model, latest_ms=max(at_ms, shop.model.latest_ms))
