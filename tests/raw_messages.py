"""One valid event of each type, and messages made of them."""

import json
from typing import Any

NOW_MS = 1_763_800_000_000

EVENTS: dict[str, dict[str, Any]] = {
    "behavior": {
        "event_id": "e1",
        "visitor_id": "v1",
        "shop_id": "s1",
        "industry": "beauty",
        "item_id": "i1",
        "category": "MASKS",
        "brand": "x",
        "price": 9.99,
        "quantity": 1.0,
        "behavior": "view",
        "event_time": NOW_MS,
    },
    "feedback": {
        "event_id": "e2",
        "list_id": "l1",
        "list_length": 20,
        "visitor_id": "v1",
        "shop_id": "s1",
        "article_id": "a1",
        "kind": "click",
        "position": 3,
        "recent_articles": ["a7", "a8"],
        "segment": "3",
        "preferences": {"category:MASKS": 0.5, "category:面膜": 0.25},
        "event_time": NOW_MS,
    },
    "exposure": {
        "event_id": "e3",
        "visitor_id": "v1",
        "shop_id": "s1",
        "segment": "3",
        "layout": "grid",
        "affinities": [0.5, -1.25],
        "propensity": 0.25,
        "event_time": NOW_MS,
    },
    "article": {
        "event_id": "e4",
        "article_id": "a1",
        "shop_id": None,
        "title": "Masks",
        "text": "Masks, then.",
        "language": "en",
        "tags": ["industry:beauty"],
        "published_at": NOW_MS,
        "event_time": NOW_MS,
    },
    "erasure": {"event_id": "e5", "visitor_id": "v1", "event_time": NOW_MS},
}


def message(name: str, **changes: Any) -> bytes:
    """The event as a tracker sends it, with changed, added or (envelope) fields."""
    fields = {"type": name, **EVENTS[name], **changes}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
