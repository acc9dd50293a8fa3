"""Lists of articles shown to readers with tastes, as events, and as the rows that the JVM makes of them."""

import random
import struct
from collections.abc import Iterable
from typing import Any

START_MS = 1_700_000_000_000
WINDOW_MS = 300_000


def lists(count: int, seed: int, articles: int = 40, readers: int = 60) -> list[dict[str, Any]]:
    """In time order, some seconds apart. Each: id, visitor, at_ms, length, shop, segment, recent, articles,
    clicked. A reader's taste is its parity, and so is an article's; mostly it clicks what is of its taste.
    """
    dice, now_ms, found = random.Random(seed), START_MS, []
    for i in range(count):
        now_ms += dice.randrange(1, 20_000)
        reader = dice.randrange(readers)
        born = articles * i // (2 * count)
        shown = dice.sample(range(born, born + articles // 2), dice.randrange(2, 9))
        clicked = [dice.random() < (0.4 if (a + reader) % 2 == 0 else 0.04) for a in shown]
        recent = [f"H{2 * dice.randrange(20) + reader % 2}" for _ in range(dice.choice([0, 3, 8]))]
        found.append(
            {
                "list_id": f"l{seed}-{i}",
                "visitor_id": f"林 {reader}",
                "at_ms": now_ms,
                "list_length": len(shown),
                "shop_id": None,
                "segment": f"s{reader % 2}" if reader % 5 else None,
                "recent_articles": list(dict.fromkeys(recent)),
                "articles": [f"🦊 {a}" for a in shown],
                "clicked": clicked,
            }
        )
    return found


def events(shown: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Impressions, and a click two seconds after its own; in time order."""
    found = []
    for of in shown:
        for article, clicked in zip(of["articles"], of["clicked"], strict=True):
            impression = {
                "event_id": f"{of['list_id']} {article}",
                "list_id": of["list_id"],
                "list_length": of["list_length"],
                "visitor_id": of["visitor_id"],
                "shop_id": of["shop_id"],
                "article_id": article,
                "kind": "impression",
                "position": None,
                "recent_articles": of["recent_articles"],
                "segment": of["segment"],
                "preferences": None,
                "event_time": of["at_ms"],
            }
            found.append(impression)
            if clicked:
                name = f"{impression['event_id']} click"
                found.append(
                    impression | {"event_id": name, "kind": "click", "event_time": of["at_ms"] + 2_000}
                )
    return sorted(found, key=lambda event: event["event_time"])


def content(of: dict[str, Any]) -> bytes:
    """A list's bytes, as `ShownList.java` writes them."""

    def texts(*several: str) -> bytes:
        return b"".join(struct.pack(">i", len(text.encode())) + text.encode() for text in several)

    recent, articles = of["recent_articles"], of["articles"]
    return b"".join(
        [
            struct.pack(">i", of["list_length"]),
            texts(of["shop_id"] or "", of["segment"] or ""),
            struct.pack(">i", len(recent)) + texts(*recent),
            struct.pack(">i", len(articles)),
            *(texts(article) + struct.pack(">i", 0) for article in articles),
        ]
    )


def rows(shown: Iterable[dict[str, Any]]) -> list[tuple[str, str, str, int, int, bytes]]:
    """What the JVM gives of the lists, in event time: (kind, visitor, list, at_ms, appended_ms, content)."""
    found = []
    for of in shown:
        same = of["visitor_id"], of["list_id"], of["at_ms"], of["at_ms"]
        found.append((of["at_ms"], ("shown", *same, content(of))))
        found.append((of["at_ms"] + WINDOW_MS, ("known", *same, bytes(of["clicked"]))))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def batches(of: list[tuple[Any, ...]], sizes: Iterable[int]) -> list[tuple[Any, ...]]:
    """Micro-batches of these sizes, the last repeated, as `micro_batches` gives them."""
    found, left, sizes = [], list(of), iter(sizes)
    size = next(sizes)
    while left:
        part, left = left[:size], left[size:]
        found.append((0, *map(list, zip(*part, strict=True))))
        size = next(sizes, size)
    return found
