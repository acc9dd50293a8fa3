"""What a merchandiser reads of a shop: its segments, how large they are, and what they are after."""

import json
from typing import Any

import numpy as np

from operators.maths.segments.segment_profiles import over_indexed, profiles
from operators.segments.segment_state import stack_models
from operators.segments.shop_segments import ShopSegments

PRIOR_WEIGHT = 100.0
"""Counts of everybody's distribution that a category needs to overcome."""
LEAST_Z, WORDS = 2.0, 5


def shop_profile(shop: ShopSegments, drifted_ms: int) -> bytes:
    """JSON: `at_ms`, `visits` so far, `drifted_ms`, and `segments`, the living ones by size.

    drifted_ms : event time at which visitors were last seen to fit their segments worse; 0: never.

    Each has its `segment` (number), `name` (the categories it over-indexes on most), `visitors`, `share`,
    `trend`, `conversion`, and `why`: [category, z-score, share in the segment, share in the shop].
    """
    models = stack_models([shop.model])
    of, z = profiles(models), over_indexed(np.maximum(models.sums, 0.0), PRIOR_WEIGHT)[0]
    sums = np.maximum(models.sums[0], 0.0)
    names = shop.names()
    total = sums.sum(axis=0)
    segments = []
    for k in np.argsort(-of.size[0], kind="stable").tolist():
        if of.size[0, k] < 1e-6:
            continue
        why = _why(z[k], sums[k], total, names)
        segments.append(
            {
                "segment": k,
                "name": " · ".join(word for word, *_ in why[:2]) or "everybody",
                "visitors": round(float(of.size[0, k]), 2),
                "share": round(float(of.share[0, k]), 4),
                "trend": round(float(of.trend[0, k]), 4),
                "conversion": round(float(of.conversion[0, k]), 4),
                "why": why,
            }
        )
    said: dict[str, Any] = {
        "at_ms": shop.model.latest_ms,
        "visits": shop.model.seen,
        "drifted_ms": drifted_ms or None,
    }
    said["segments"] = segments
    return json.dumps(said, ensure_ascii=False).encode()


def _why(z: Any, sums: Any, total: Any, names: list[str]) -> list[tuple[str, float, float, float]]:
    weight, whole = max(float(sums.sum()), 1e-12), max(float(total.sum()), 1e-12)
    best = [d for d in np.argsort(-z, kind="stable")[: 2 * WORDS].tolist() if z[d] >= LEAST_Z and names[d]]
    return [
        (
            names[d],
            round(float(z[d]), 2),
            round(float(sums[d] / weight), 4),
            round(float(total[d] / whole), 4),
        )
        for d in best[:WORDS]
    ]
