"""The events whose bytes are kept as `behavior.v1.bin` and so on: raw Avro bodies.

Each body stands after its length (4 bytes, big-endian).

Files here never change: they stand for what lies in people's topics.
"""

from typing import Any

BEHAVIORS_V1: list[dict[str, Any]] = [
    {
        "event_id": "31198570044-1034176",
        "visitor_id": "900",
        "shop_id": "330",
        "industry": "grocery",
        "item_id": "1034176",
        "category": "BREAD",
        "brand": "Private",
        "price": 0.5,
        "quantity": 2.0,
        "behavior": "purchase",
        "event_time": 1_483_271_606_000,
    },
    {
        "event_id": "事件-1",
        "visitor_id": "посетитель",
        "shop_id": "店",
        "industry": "fashion",
        "item_id": "👗",
        "category": "ドレス",
        "brand": None,
        "price": None,
        "quantity": None,
        "behavior": "view",
        "event_time": 1,
    },
    {
        "event_id": "e" * 1024,
        "visitor_id": "v",
        "shop_id": "s",
        "industry": "i",
        "item_id": "a",
        "category": "c",
        "brand": "b",
        "price": 0.0,
        "quantity": None,
        "behavior": "favourite",
        "event_time": 4_102_444_799_999,
    },
    {
        "event_id": "4",
        "visitor_id": "v",
        "shop_id": "s",
        "industry": "i",
        "item_id": "a",
        "category": "c",
        "brand": None,
        "price": 1e300,
        "quantity": 0.125,
        "behavior": "cart",
        "event_time": 1_511_658_000_000,
    },
]

FEEDBACK_V1: list[dict[str, Any]] = [
    {
        "event_id": "f1",
        "list_id": "l1",
        "list_length": 20,
        "visitor_id": "посетитель",
        "shop_id": "店",
        "article_id": "a1",
        "kind": "impression",
        "position": 1,
        "recent_articles": ["a7", "文章"],
        "segment": "3",
        "preferences": {"category:面膜": 0.25},
        "event_time": 1_511_658_000_000,
    },
    {
        "event_id": "f2",
        "list_id": "l1",
        "list_length": 1,
        "visitor_id": "v",
        "shop_id": None,
        "article_id": "a1",
        "kind": "click",
        "position": None,
        "recent_articles": [],
        "segment": None,
        "preferences": None,
        "event_time": 4_102_444_799_999,
    },
]

EXPOSURES_V1: list[dict[str, Any]] = [
    {
        "event_id": "x1",
        "visitor_id": "v",
        "shop_id": "店",
        "segment": "3",
        "layout": "grid",
        "propensity": 0.25,
        "event_time": 1_511_658_000_000,
    },
    {
        "event_id": "x2",
        "visitor_id": "v",
        "shop_id": "s",
        "segment": None,
        "layout": "瀑布流",
        "propensity": 1.0,
        "event_time": 1,
    },
]

EXPOSURES_V2: list[dict[str, Any]] = [
    EXPOSURES_V1[0] | {"affinities": [0.25, -1.5, 0.0]},
    EXPOSURES_V1[1] | {"affinities": []},
]

ARTICLES_V1: list[dict[str, Any]] = [
    {
        "event_id": "p1",
        "article_id": "a1",
        "shop_id": "s",
        "title": "面膜",
        "text": "Two lines:\nthis is the second. 👗",
        "language": "zh-Hans",
        "tags": ["industry:beauty", "topic:masks"],
        "published_at": 1_511_658_000_000,
        "event_time": 1_511_658_000_001,
    },
    {
        "event_id": "p2",
        "article_id": "a2",
        "shop_id": None,
        "title": "",
        "text": "",
        "language": None,
        "tags": [],
        "published_at": 1,
        "event_time": 1,
    },
]

ERASURES_V1: list[dict[str, Any]] = [
    {"event_id": "d1", "visitor_id": "посетитель", "event_time": 1_511_658_000_000}
]
