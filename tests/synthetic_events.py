"""Sixty days of behaviours with everything that real ones rarely show at once."""

import random
from typing import Any

DAY_MS = 86_400_000
START_MS = 1_735_689_600_000  # 2025-01-01


def synthetic_events(n: int, seed: int = 7, days: int = 60) -> list[dict[str, Any]]:
    """Valid Avro, in random order of time.

    Ids in any script, a visitor with more values than Redis keeps, optional fields missing, prices that are
    NaN, negative or infinite, and behaviours and times that no preference counts.
    """
    dice = random.Random(seed)
    return [_event(dice, i, days) for i in range(n)]


def _event(dice: random.Random, i: int, days: int) -> dict[str, Any]:
    heavy = dice.random() < 0.4
    visitor = "heavy" if heavy else dice.choice(["林", "a}b{c", "o'neil", "v:1", *map(str, range(40))])
    values = 3000 if heavy else 60
    return {
        "event_id": f"e{i}",
        "visitor_id": visitor,
        "shop_id": "shop",
        "industry": "beauty",
        "item_id": f"item {dice.randrange(1000)}",
        "category": dice.choice(
            ["面膜", "a:b", ":", "!at", f"category {int(dice.paretovariate(0.6)) % values}"]
        ),
        "brand": dice.choice([None, "", f"brand {dice.randrange(values)}"]),
        "price": dice.choice([None, 0.0, 0.99, 1.0, 19.99, 5e6, -1.0, float("nan"), float("inf")]),
        "quantity": dice.choice([None, 1.0, 10.0]),
        "behavior": dice.choice(["view", "view", "favourite", "cart", "purchase", "wishlist"]),
        "event_time": dice.choice([-1, 4_200_000_000_000])
        if dice.random() < 0.01
        else START_MS + dice.randrange(days * DAY_MS),
    }


def shuffled_within_days(events: list[dict[str, Any]], seed: int = 11) -> list[dict[str, Any]]:
    """The same events, in random order within each day of event time."""
    dice = random.Random(seed)
    return sorted(events, key=lambda event: (event["event_time"] // DAY_MS, dice.random()))
