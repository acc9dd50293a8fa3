"""All that is kept of one shop, and what a batch's rows add to it beside its segments."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.segments.name_dimensions import Hashes
from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.update_segments import SegmentSettings
from operators.segments.segment_state import no_segments, widened
from operators.segments.visit_rows import VisitRows
from operators.segments.watch_fit import DriftSettings
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories


@dataclass(frozen=True)
class ShopSettings:
    """Of all shops.

    own, shared : dimensions that categories have for themselves, and those that all others share.
    sample : visitors of a shop from whom its segments are sought anew.
    tell_again_ms : of event time, after which Redis is told an unchanged segment again.
    reasons : categories that are given with a segment.
    drift : when a shop's visitors count as having left its segments.
    cold_visits : until a shop has had so many, its industry's segments have a say: `industry_weight` counts.
    """

    segments: SegmentSettings = field(default_factory=SegmentSettings)
    refits: RefitSettings = field(default_factory=RefitSettings)
    own: int = 448
    shared: int = 64
    sample: int = 512
    tell_again_ms: int = 30 * 86_400_000
    reasons: int = 3
    drift: DriftSettings = field(default_factory=DriftSettings)
    cold_visits: int = 512
    industry_weight: float = 10_000.0


@dataclass(frozen=True)
class Sold:
    """n sales at one shop: dimension, amount (at least zero) and event time, (n,) each."""

    dimension: Ints
    amount: Floats
    at_ms: Ints


@dataclass(frozen=True)
class ShopSegments:
    """model : its segments. categories : which of its dimensions are whose; those behind them are shared."""

    model: SegmentModel
    categories: ShopCategories

    @classmethod
    def new(cls, settings: ShopSettings) -> "ShopSegments":
        return cls(no_segments(settings.refits.most), ShopCategories.none())

    def names(self) -> list[str]:
        """(D,) of its dimensions; of a shared one, an empty text."""
        names = self.categories.names
        return [*names, *[""] * (len(self.model.sales) - len(names))]

    def with_categories(self, hashes: Hashes, names: list[str], settings: ShopSettings) -> "ShopSegments":
        """With dimensions for the categories of some rows; when there is no room, with the shared ones."""
        there = set(self.categories.hashes.tolist())
        new = {h: name for h, name in zip(hashes.tolist(), names, strict=True) if h not in there}
        if not new:
            return self
        room = settings.own - len(there)
        own = dict(list(new.items())[:room])
        categories = ShopCategories(
            np.concatenate([self.categories.hashes, np.array(list(own), dtype=np.uint64)]),
            (*self.categories.names, *own.values()),
        )
        is_full = len(new) > room or len(self.model.sales) > settings.own
        width = settings.own + settings.shared if is_full else len(categories.names)
        return ShopSegments(widened(self.model, width), categories)

    def followed_by(self, model: SegmentModel, sold: Sold, settings: ShopSettings) -> "ShopSegments":
        """With the next model, and what was sold meanwhile, all as of the model's latest event."""
        long_ms = settings.segments.half_lives.long_ms
        away_ms = model.latest_ms - self.model.latest_ms if self.model.seen else 0
        amount = sold.amount * np.exp2((sold.at_ms - model.latest_ms) / long_ms)
        brought = np.bincount(sold.dimension, weights=amount, minlength=len(self.model.sales))
        sales = self.model.sales * 2.0 ** (-away_ms / long_ms) + brought
        return ShopSegments(replace(model, sales=sales), self.categories)


def hash01(visitor: str) -> float:
    """A number in [0, 1) for the visitor, the same in every process and release: who is in samples."""
    return hash64(visitor) / 2.0**64


def hash64(visitor: str) -> int:
    """64 bits that stand for the visitor where it is not to be named."""
    return int.from_bytes(blake2b(visitor.encode(), digest_size=8).digest())


def with_categories_of(
    shops: Mapping[str, ShopSegments], rows: VisitRows, settings: ShopSettings
) -> dict[str, ShopSegments]:
    """The shops, knowing the categories of the rows."""
    by_shop: dict[str, list[int]] = {}
    for at, shop in enumerate(rows.shops):
        by_shop.setdefault(shop, []).append(at)
    hashes = rows.head["category"].astype(np.uint64)
    return {
        shop: shops[shop].with_categories(hashes[of], [rows.categories[at] for at in of], settings)
        for shop, of in by_shop.items()
    }
