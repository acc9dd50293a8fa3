"""Between the bytes of single shops in keyed state and the arrays of many shops that the maths takes."""

from collections.abc import Sequence

import numpy as np

from operators.maths.segment_models import SegmentModels
from operators.maths.segment_scores import Floats, Ints
from state.segment_model import SegmentModel


def stack_models(shops: Sequence[SegmentModel]) -> SegmentModels:
    """The shops side by side, in their order. ValueError: K or D differ, or there are none."""
    tallies = np.stack([shop.tallies for shop in shops])
    return SegmentModels(
        sums=np.stack([shop.sums for shop in shops]),
        visitors=tallies[:, :, 0],
        visits=tallies[:, :, 1],
        recent_visits=tallies[:, :, 2],
        conversions=tallies[:, :, 3],
        seen=np.array([shop.seen for shop in shops]),
        first_ms=np.array([shop.first_ms for shop in shops]),
        latest_ms=np.array([shop.latest_ms for shop in shops]),
    )


def unstack_models(models: SegmentModels, refitted_at: Ints, threshold: Floats) -> list[SegmentModel]:
    """Each shop for itself; refitted_at, threshold : (B,) what the arrays of the maths do not hold."""
    tallies = np.stack([models.visitors, models.visits, models.recent_visits, models.conversions], axis=2)
    return [
        SegmentModel(
            sums=models.sums[shop],
            tallies=tallies[shop],
            seen=int(models.seen[shop]),
            refitted_at=int(refitted_at[shop]),
            first_ms=int(models.first_ms[shop]),
            latest_ms=int(models.latest_ms[shop]),
            threshold=float(threshold[shop]),
        )
        for shop in range(len(models.seen))
    ]
