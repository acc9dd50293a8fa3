"""What `VisitorVectors` computes, slowly and from the definition: a visitor's vector as of each event."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from operators.segments.visit_rows import ENTRY, ERASED, HEADER, VISIT, VisitRows
from schemas.behaviors import END_OF_TIME_MS
from tests.visit_rows import rows_of_packed

MASK = 2**64 - 1


def category_hash(text: str) -> int:
    """FNV-1a over UTF-16 code units, then MurmurHash3's finalizer."""
    units = np.frombuffer(text.encode("utf-16-le"), "<u2").tolist()
    h = 0xCBF29CE484222325
    for unit in units:
        h = ((h ^ unit) * 0x100000001B3) & MASK
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = ((h ^ (h >> 33)) * factor) & MASK
    return h ^ (h >> 33)


def sold(event: dict[str, Any]) -> float:
    """What a purchase brought; nothing for a price that is none, one piece for a quantity that is none."""

    def is_amount(number: float | None) -> bool:
        return number is not None and 0 < number < 1e300  # not NaN

    price, quantity = event["price"], event["quantity"]
    if event["behavior"] != "purchase" or not is_amount(price):
        return 0.0
    return float(price * (quantity if is_amount(quantity) else 1.0))


@dataclass
class _Vector:
    events: list[tuple[int, str, float]] = field(default_factory=list)
    latest: int | None = None
    converted: bool = False
    moments: set[tuple[int, str]] = field(default_factory=set)


@dataclass
class VisitorVectors:
    """Events in, rows out; nothing expires. mixture : weights of the horizons."""

    half_lives_ms: tuple[int, ...] = (7_776_000_000, 604_800_000, 1_800_000)
    mixture: tuple[float, ...] = (1.0, 0.0, 0.0)
    gap_ms: int = 1_800_000
    weights: dict[str, float] = field(
        default_factory=lambda: {"view": 0.25, "favourite": 0.5, "cart": 0.75, "purchase": 1.0}
    )

    def __post_init__(self) -> None:
        self._vectors: dict[tuple[str, str], _Vector] = {}
        self._seen: set[tuple[str, str, str]] = set()
        self._erased: dict[str, int] = {}

    def add(self, event: dict[str, Any]) -> tuple[str, str, str, str, bytes] | None:
        """The row of one behaviour; None for one that is repeated, has been erased or counts for nothing."""
        visitor, shop = event["visitor_id"], event["shop_id"]
        name = (visitor, shop, event["event_id"])
        at, purchase = event["event_time"], event["behavior"] == "purchase"
        weight = self.weights.get(event["behavior"])
        if weight is None or not 0 <= at <= END_OF_TIME_MS:
            return None
        if name in self._seen or at <= self._erased.get(visitor, -1):
            return None
        self._seen.add(name)
        vector = self._vectors.setdefault((visitor, shop), _Vector())
        before = vector.latest
        begins = before is None or at - before > self.gap_ms
        vector.converted = vector.converted and not begins
        converts = purchase and not vector.converted
        vector.converted = vector.converted or purchase
        vector.latest = at if before is None else max(before, at)
        counts = not vector.events or self._last(vector, event["category"]) != at
        if counts:
            vector.events.append((at, event["category"], weight))
        head = np.zeros(1, HEADER)
        entries = self._entries(vector)
        head[0] = (
            VISIT,
            vector.latest,
            np.iinfo(np.int64).min if before is None else before,
            min(t for t, _, _ in vector.events),
            begins,
            converts,
            sold(event),
            category_hash(event["category"]),
            weight * 2 ** (-(vector.latest - at) / self.half_lives_ms[0]) if counts else 0.0,
            len(entries),
        )
        return visitor, shop, event["industry"], event["category"], head.tobytes() + entries.tobytes()

    def erase(self, visitor: str, until_ms: int) -> list[tuple[str, str, str, str, bytes]]:
        """The rows of an erasure, that without a shop last."""
        shops = [shop for who, shop in self._vectors if who == visitor]
        old = [s for s in shops if min(t for t, _, _ in self._vectors[visitor, s].events) <= until_ms]
        for shop in old:
            del self._vectors[visitor, shop]
        self._erased[visitor] = max(self._erased.get(visitor, -1), until_ms)
        head = np.zeros(1, HEADER)
        head["kind"], head["at_ms"] = ERASED, until_ms
        return [(visitor, shop, "", "", head.tobytes()) for shop in (*old, "")]

    @staticmethod
    def _last(vector: _Vector, category: str) -> int | None:
        """When the category was last counted."""
        return next((t for t, c, _ in reversed(vector.events) if c == category), None)

    def _entries(self, vector: _Vector) -> Any:
        names = list(dict.fromkeys(c for _, c, _ in vector.events))
        place = {c: i for i, c in enumerate(names)}
        times = np.array([t for t, _, _ in vector.events])
        weights = np.array([w for _, _, w in vector.events])
        at = np.array([place[c] for _, c, _ in vector.events])
        sums = np.array(
            [
                np.bincount(at, weights * np.exp2((times - vector.latest) / h), len(names))
                for h in self.half_lives_ms
            ]
        )
        entries = np.zeros(len(names), ENTRY)
        entries["category"] = [category_hash(c) for c in names]
        entries["long"] = sums[0]
        entries["others"] = np.array(self.mixture[1:]) @ sums[1:]
        return entries

    def rows(self, events: list[dict[str, Any]]) -> VisitRows:
        """Of all events that give one."""
        return rows_of_packed(*zip(*[row for event in events if (row := self.add(event))], strict=True))
