"""What segments of its industry say in a shop's first days: stores of Complete Journey that open at mid-year.

    python -m tidemark.evaluate.new_shops

The industry is learned before, at the other stores, from households that never come to this one. Prints bits
a purchase over everybody's distribution at the store, in categories seen there before, by visits so far.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.segment_scores import log_ratios
from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.segments.shop_segments import ShopSettings
from tidemark.evaluate.baskets import (
    DAY_MS,
    MID_YEAR,
    START_MS,
    Baskets,
    baskets_of,
    purchases_without_fuel,
)
from tidemark.evaluate.shops import Shops
from tidemark.evaluate.visit_stream import Day, VisitStream

SETTINGS, REFITS, SAMPLE = SegmentSettings(), RefitSettings(least=8, most=8), 512
WINDOWS = (64, 128, 256, 512, 700)
STORES = 10
WEIGHTS = (0.0, 3_000.0, 10_000.0, 30_000.0)
COLD_VISITS = ShopSettings().cold_visits


class NewShop(Shops):
    """A shop with its industry's sums (K, D) beside its own, until it has had `COLD_VISITS`."""

    def __init__(self, stream: VisitStream, visitors: int, industry: Floats) -> None:
        super().__init__(stream, visitors, SETTINGS, REFITS, SAMPLE, seeds=(1,))
        self._industry = industry

    def known(self, also: Floats) -> Floats:
        """(K, D) what visitors are assigned by, in categories touched so far or in `also` (D,), a batch."""
        own: Floats = np.maximum(self.models.sums[0], 0.0)
        if self.models.seen[0] >= COLD_VISITS:
            return own
        return np.asarray(own + self._industry * ((own.sum(axis=0) > 0) | (also > 0)))

    def learn(self, day: Day) -> None:
        visits = self.memory.visits(day, self._stream.since_ms)
        rest = SegmentModels.empty(*self.models.sums.shape)
        prior = self.known(day.counts.sum(axis=0)) - np.maximum(self.models.sums[0], 0.0)
        rest = replace(rest, sums=prior[None], latest_ms=day.at_ms.max(keepdims=True))
        self.models, found = update_segments(self.models, visits, self._segments, rest)
        self.memory.learn(day, found)


def industry_sums(baskets: Baskets) -> Floats:
    """(K, D) at the end of these baskets."""
    stream = VisitStream(baskets, SETTINGS.half_lives.long_ms, np.arange(len(baskets.names)))
    shops = Shops(stream, len(baskets.households), SETTINGS, REFITS, SAMPLE, seeds=(1,))
    for day in stream.days():
        shops.refit()
        shops.learn(day)
    return np.asarray(np.maximum(shops.models.sums[0], 0.0))


def bits_by_window(baskets: Baskets, industry: Floats) -> list[float]:
    """Of each of `WINDOWS`: a basket is scored before anything learns from it."""
    stream = VisitStream(baskets, SETTINGS.half_lives.long_ms, np.arange(len(baskets.names)))
    shop = NewShop(stream, len(baskets.households), industry)
    nats = counts = 0.0
    found: list[float] = []
    for day in stream.days():
        if len(day.who):
            shop.refit()
            segment = shop.memory.segment[0, day.who]
            known, sums = segment >= 0, shop.known(np.zeros(len(baskets.names)))
            ratio = log_ratios(sums, SETTINGS.smoothing) * (sums.sum(axis=0) > 0)
            nats += float((day.counts * ratio[segment])[known].sum())
            counts += float(day.counts[known].sum())
            shop.learn(day)
        while len(found) < len(WINDOWS) and shop.models.seen[0] >= WINDOWS[len(found)]:
            found.append(nats / max(counts, 1.0) / np.log(2))
            nats = counts = 0.0
    return found


def stores(opening: Any) -> list[Any]:
    """Numbers of those with most baskets from the opening on."""
    return list(opening.drop_duplicates("basket_id")["store_id"].value_counts().index[:STORES])


def main() -> None:
    """Print a line a weight: means over the stores, and their standard error."""
    purchases = purchases_without_fuel()
    names = sorted(purchases["category"].astype(str).unique())
    is_late = purchases["event_time"] >= START_MS + MID_YEAR * DAY_MS
    early, late = purchases[~is_late], purchases[is_late]
    found: dict[float, list[list[float]]] = {weight: [] for weight in WEIGHTS}
    for store in stores(late):
        opening = late[late["store_id"] == store]
        strangers = ~early["household_id"].isin(set(opening["household_id"]))
        sums = industry_sums(baskets_of(early[strangers & (early["store_id"] != store)], names))
        for weight in WEIGHTS:
            industry = sums * weight / sums.sum()
            found[weight].append(bits_by_window(baskets_of(opening, names), industry))
    print(f"visits up to {', '.join(map(str, WINDOWS))}; {STORES} stores")
    for weight, bits in found.items():
        mean, error = np.mean(bits, axis=0), np.std(bits, axis=0, ddof=1) / np.sqrt(len(bits))
        windows = (f"{m:.4f} ± {e:.4f}" for m, e in zip(mean, error, strict=True))
        print(f"industry as {weight:,.0f} counts: {', '.join(windows)}")


if __name__ == "__main__":
    main()
