"""Exposures and purchases of a few visitors at a few shops, close enough together to be hard to attribute."""

import random
from typing import Any

SHOPS = ("s1", "店", "a:b")
LAYOUTS = ("grid", "list", "瀑布流")
SEGMENTS = (None, "0", "面膜")
START_MS = 1_700_000_000_000


def exposure(number: int, dice: random.Random, visitors: int, span_ms: int) -> dict[str, Any]:
    return {
        "event_id": f"x{number}",
        "visitor_id": f"visitor {dice.randrange(visitors)}",
        "shop_id": dice.choice(SHOPS),
        "segment": dice.choice(SEGMENTS),
        "affinities": dice.choice([[], [round(dice.gauss(0, 1), 3) for _ in range(12)]]),
        "layout": dice.choice(LAYOUTS),
        "propensity": dice.choice([0.25, 0.5, 1.0]),
        "event_time": START_MS + dice.randrange(span_ms),
    }


def purchase(number: int, dice: random.Random, visitors: int, span_ms: int) -> dict[str, Any]:
    return {
        "event_id": f"p{number}",
        "visitor_id": f"visitor {dice.randrange(visitors)}",
        "shop_id": dice.choice(SHOPS),
        "industry": "beauty",
        "item_id": "i",
        "category": "masks",
        "brand": None,
        "price": dice.choice([None, 0.0, 0.1, 9.99, 120.0]),
        "quantity": dice.choice([None, 1.0, 3.0]),
        "behavior": dice.choice(["purchase"] * 4 + ["view"]),
        "event_time": START_MS + dice.randrange(span_ms),
    }


def visits(
    n: int, seed: int, visitors: int = 5, span_ms: int = 3_600_000
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(exposures, behaviours), n of each in random order, a tenth of them twice."""
    dice = random.Random(seed)
    shown = [exposure(i, dice, visitors, span_ms) for i in range(n)]
    bought = [purchase(i, dice, visitors, span_ms) for i in range(n)]
    for events in (shown, bought):
        events += dice.choices(events, k=n // 10)
        dice.shuffle(events)
    return shown, bought
