"""A news feed as events: lists of articles that come and go, shown to readers who click now and then."""

import random
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

START_MS = 1_700_000_000_000
LENGTH = 30  # articles of a list
ALIVE = 500  # articles that can be shown at a time
LISTS_AN_ARTICLE = 20  # one is born, and the oldest dies, each time so many lists were shown
READERS, CLICKED = 20_000, 0.04
APART_MS = 200  # between lists

Event = dict[str, Any]


def feed(messages: int) -> Iterator[Event]:
    """That many impressions and clicks in order of time, the same at each call."""
    return islice(_endless(), messages)


def closing(after: Event, visitor: str) -> Event:
    """A list of one article an hour later: all before it is over."""
    name = f"closing-{visitor}"
    later = {"list_id": name, "list_length": 1, "visitor_id": visitor, "article_id": "closing"}
    time_ms = after["event_time"] + 3_600_000
    return after | later | {"event_id": name, "kind": "impression", "event_time": time_ms}


def _endless() -> Iterator[Event]:
    dice = random.Random(1)
    for number in count():
        reader, first = dice.randrange(READERS), number // LISTS_AN_ARTICLE
        now_ms = START_MS + number * APART_MS
        recent = [f"n{max(first - dice.randrange(1, 3000), 0)}" for _ in range(reader % 25)]
        shown = [f"n{first + place}" for place in dice.sample(range(ALIVE), LENGTH)]
        for article in shown:
            yield _event(number, reader, article, "impression", recent, now_ms)
        for article in shown:
            if dice.random() < CLICKED:
                yield _event(number, reader, article, "click", recent, now_ms + APART_MS - 1)


def _event(number: int, reader: int, article: str, kind: str, recent: list[str], at_ms: int) -> Event:
    return {
        "event_id": f"{number}-{article}-{kind}",
        "list_id": f"l{number}",
        "list_length": LENGTH,
        "visitor_id": f"v{reader}",
        "shop_id": None,
        "article_id": article,
        "kind": kind,
        "position": None,
        "recent_articles": recent,
        "segment": None,
        "preferences": None,
        "event_time": at_ms,
    }
