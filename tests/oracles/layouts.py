"""What exposures and purchases come to, event by event in plain Python: labels, then a segment's arms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Event = Mapping[str, Any]


class Label(NamedTuple):
    """purchases : how many are owed to the exposure. revenue : what they brought."""

    purchases: int
    revenue: float


class Arm(NamedTuple):
    """Decayed to the latest exposure of the same shop and segment."""

    exposures: float
    conversions: float
    revenue: float
    squares: float


def once(events: Iterable[Event]) -> list[Event]:
    """The first of each event id of a visitor."""
    seen: set[tuple[str, str]] = set()
    found = []
    for event in events:
        key = event["visitor_id"], event["event_id"]
        if key not in seen:
            seen.add(key)
            found.append(event)
    return found


def labels(exposures: Iterable[Event], behaviors: Iterable[Event], window_ms: int) -> dict[str, Label]:
    """By event id of the exposure; each purchase looks for the last exposure before it."""
    shown = once(exposures)
    seen_by: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for exposure in shown:
        seen_by[exposure["visitor_id"], exposure["shop_id"]].append(exposure)
    found = {exposure["event_id"]: Label(0, 0.0) for exposure in shown}
    for purchase in once(behaviors):
        if purchase["behavior"] != "purchase":
            continue
        before = [
            exposure
            for exposure in seen_by[purchase["visitor_id"], purchase["shop_id"]]
            if 0 <= purchase["event_time"] - exposure["event_time"] < window_ms
        ]
        if before:
            last = max(before, key=lambda e: (e["event_time"], e["event_id"].encode("utf-16-be")))["event_id"]
            was = found[last]
            found[last] = Label(was.purchases + 1, was.revenue + worth(purchase))
    return found


def worth(purchase: Event) -> float:
    price, quantity = purchase["price"], purchase["quantity"]
    amount = 0.0 if price is None else price * (1.0 if quantity is None else quantity)
    return amount if 0 <= amount < float("inf") else 0.0


def arms(
    exposures: Iterable[Event], behaviors: Iterable[Event], window_ms: int, half_life_ms: int
) -> dict[tuple[str, str], dict[str, Arm]]:
    """(shop, segment) -> layout -> its arm; the segment is empty for visitors without one."""
    shown = once(exposures)
    of = labels(shown, behaviors, window_ms)
    latest: dict[tuple[str, str], int] = defaultdict(int)
    for exposure in shown:
        policy = exposure["shop_id"], exposure["segment"] or ""
        latest[policy] = max(latest[policy], exposure["event_time"])
    found: dict[tuple[str, str], dict[str, Arm]] = defaultdict(dict)
    for exposure in shown:
        policy = exposure["shop_id"], exposure["segment"] or ""
        weight = 2.0 ** (-(latest[policy] - exposure["event_time"]) / half_life_ms)
        label = of[exposure["event_id"]]
        converted = 1.0 if label.purchases else 0.0
        new = 1.0, converted, label.revenue, label.revenue**2
        was = found[policy].get(exposure["layout"], Arm(0.0, 0.0, 0.0, 0.0))
        found[policy][exposure["layout"]] = Arm(*(w + weight * n for w, n in zip(was, new, strict=True)))
    return dict(found)
