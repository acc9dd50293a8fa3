"""Between the bytes of single shops in keyed state and the arrays of many shops that the maths takes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.segments.segment_models import NEVER, SegmentModels
from state.segment_model import TALLIES, SegmentModel


def no_segments(segments: int) -> SegmentModel:
    """Of a shop that nobody has seen, without a dimension."""
    return SegmentModel(
        sums=np.zeros((segments, 0)),
        tallies=np.zeros((segments, TALLIES)),
        sales=np.zeros(0),
        seen=0,
        refitted_at=0,
        first_ms=NEVER,
        latest_ms=0,
        threshold=1.0,
    )


def widened(model: SegmentModel, dimensions: int) -> SegmentModel:
    """The same with so many dimensions; the new ones hold nothing."""
    return replace(model, sums=_wide(model.sums, dimensions), sales=_wide(model.sales, dimensions))


def _wide(of: Floats, width: int) -> Floats:
    """(…, width): zeros behind what is there. For small arrays `np.pad` takes ten times as long."""
    wide = np.zeros((*of.shape[:-1], width))
    wide[..., : of.shape[-1]] = of
    return wide


def stack_models(shops: Sequence[SegmentModel]) -> SegmentModels:
    """The shops side by side, in their order; those of fewer dimensions get empty ones.

    ValueError: their numbers of segments differ, or there are no shops.
    """
    width = max(len(shop.sales) for shop in shops)
    tallies = np.stack([shop.tallies for shop in shops])
    return SegmentModels(
        sums=np.stack([_wide(shop.sums, width) for shop in shops]),
        visitors=tallies[:, :, 0],
        visits=tallies[:, :, 1],
        recent_visits=tallies[:, :, 2],
        conversions=tallies[:, :, 3],
        seen=np.array([shop.seen for shop in shops]),
        first_ms=np.array([shop.first_ms for shop in shops]),
        latest_ms=np.array([shop.latest_ms for shop in shops]),
    )


def unstack_models(models: SegmentModels, shops: Sequence[SegmentModel]) -> list[SegmentModel]:
    """Each shop for itself, as wide as it was; what the arrays do not hold is that of `shops`."""
    tallies = np.stack([models.visitors, models.visits, models.recent_visits, models.conversions], axis=2)
    return [
        replace(
            shop,
            sums=models.sums[at, :, : len(shop.sales)],
            tallies=tallies[at],
            seen=int(models.seen[at]),
            first_ms=int(models.first_ms[at]),
            latest_ms=int(models.latest_ms[at]),
        )
        for at, shop in enumerate(shops)
    ]


def by_width(shops: Sequence[SegmentModel], classes: Sequence[int]) -> list[list[int]]:
    """Places of the shops, together where they are about as wide: so that padding costs little.

    classes : ascending widths; a shop is with those no wider than the first that holds it.
    """
    groups: dict[int, list[int]] = {}
    bounds: Floats = np.asarray(classes, dtype=np.float64)
    for place, shop in enumerate(shops):
        groups.setdefault(int(np.searchsorted(bounds, len(shop.sales))), []).append(place)
    return list(groups.values())
