"""What a micro-batch says of layouts: outcomes of exposures, and what shops offer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from operators.maths.arrays import Ints
from operators.maths.layouts.layout_bandit import Outcomes
from schemas.layouts import MOST_LAYOUTS

COLUMNS = (
    "shop_id", "segment", "layout", "at_ms", "exposures", "conversions", "revenue", "purchases", "offered",
)  # fmt: skip
"""Of its batches; `offered` is empty and the rest an outcome, or it is a JSON list and the rest nothing."""

BEFORE_AFFINITIES = "\x01"
"""Of a decision, in one text: the segment, this, the affinities as a JSON list; without any, the segment."""

Offers = Mapping[str, tuple[int, tuple[str, ...]]]
"""Shop -> event time in ms, layouts."""


@dataclass(frozen=True)
class OutcomeRows:
    """Of n outcomes of one shop or more: what `Outcomes` has, with names instead of indices; all of length n.

    purchases : that an exposure is newly owed, or is owed no more. affinities : on which it was decided;
    empty: on none.
    """

    shop: Sequence[str]
    segment: Sequence[str]
    layout: Sequence[str]
    at_ms: Sequence[int]
    exposures: Sequence[float]
    conversions: Sequence[float]
    revenue: Sequence[float]
    purchases: Sequence[int]
    affinities: Sequence[tuple[float, ...]]

    def arrays(self, policy: Ints, layout: Ints) -> Outcomes:
        return Outcomes(
            policy,
            layout,
            np.array(self.at_ms, dtype=np.int64),
            np.array(self.exposures, dtype=np.float64),
            np.array(self.conversions, dtype=np.float64),
            np.array(self.revenue, dtype=np.float64),
        )


def outcomes_and_offers(batch: Any) -> tuple[OutcomeRows, Offers]:
    """The rows of a batch (shard, one list a column) apart; of a shop's offers the latest.

    Whoever writes the topic without us may name a layout twice, or too many: the first 20 count.
    """
    _, *columns = batch
    outcomes = [_decided(row) for row in zip(*columns, strict=True) if not row[-1]]
    offers: dict[str, tuple[int, tuple[str, ...]]] = {}
    for shop, _, _, at_ms, *_, offered in zip(*columns, strict=True):
        if offered and (shop not in offers or at_ms >= offers[shop][0]):
            offers[shop] = (at_ms, tuple(dict.fromkeys(json.loads(offered)))[:MOST_LAYOUTS])
    return OutcomeRows(*zip(*outcomes, strict=True)) if outcomes else OutcomeRows(*[()] * 9), offers


def _decided(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An outcome, its segment and affinities apart."""
    shop, decided_by, *rest, _ = row
    segment, _, said = decided_by.partition(BEFORE_AFFINITIES)
    return shop, segment, *rest, _affinities(said)


def _affinities(said: str) -> tuple[float, ...]:
    """None where it is no list of numbers: a segment's name may hold anything. Flink quotes NaN."""
    try:
        return tuple(map(float, json.loads(said))) if said else ()
    except (ValueError, TypeError):
        return ()
