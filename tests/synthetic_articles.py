"""Articles that nobody wrote: four subjects, two languages, and now and then whatever else people publish."""

import random
from collections.abc import Iterator
from typing import Any

SUBJECTS = {
    "beauty": ["lipstick", "skin care", "sunscreen", "口红", "护肤品", "面膜"],
    "sports": ["marathon", "running shoes", "league", "足球", "篮球比赛", "马拉松"],
    "food": ["green tea", "noodle soup", "harvest", "绿茶", "火锅", "水稻"],
    "travel": ["night train", "visa", "old town", "签证", "高铁", "古城"],
}
ODD = [
    "",
    "😀👍🏽🎉",
    "…!?",
    "x" * 70_000,
    "привет мир",
    "東京タワー iPhone-X 价格 5.99",
    "\u200b\ufeff",
    "the and of",
]
DAY_MS = 86_400_000
START_MS = 1_700_000_000_000


def synthetic_articles(n: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """In order of publication, one a minute; three quarters with tags and keywords by their editors."""
    dice = random.Random(seed)
    for i in range(n):
        subject = dice.choice(list(SUBJECTS))
        said = dice.sample(SUBJECTS[subject], 2)
        title = f"{said[0]} {dice.choice(['and', '与', 'for'])} {said[1]} {dice.randrange(100)}"
        odd = dice.random() < 0.05
        labelled = dice.random() < 0.75
        tags = [f"industry:{subject}", *(f"keyword:{word}" for word in said)] if labelled else []
        yield article(
            f"a{i}", dice.choice(ODD)[:4096] if odd else title, tags=tags, at_ms=START_MS + 60_000 * i
        )


def article(
    article_id: str, title: str, text: str = "", tags: list[str] | None = None, at_ms: int = START_MS
) -> dict[str, Any]:
    """One, as `schemas/article.avsc` has it, published at `at_ms`."""
    return {
        "event_id": f"{article_id}@{at_ms}",
        "article_id": article_id,
        "shop_id": None,
        "title": title,
        "text": text,
        "language": None,
        "tags": tags or [],
        "published_at": at_ms,
        "event_time": at_ms,
    }
