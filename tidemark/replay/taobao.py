"""Taobao UserBehavior (Tianchi data set 649): `user,item,category,behaviour,seconds`, no header.

What the data lacks: shop and industry (constants stand in), brand, price and quantity (null). Its behaviours
are pv (view), cart, fav (favourite) and buy (purchase). Times are Unix seconds, so UTC.
"""

from tidemark.replay.lines import LineSource
from tidemark.replay.source import Event, SourceKind

SHOP = "taobao"
INDUSTRY = "marketplace"
COLUMNS = 5
BEHAVIORS = {"pv": "view", "cart": "cart", "fav": "favourite", "buy": "purchase"}
MAX_DIGITS = 12

HELP = """Replay Taobao's UserBehavior.csv (user, item, category, behaviour, seconds; no header).

The published file is sorted by user. A replay at a factor of real time needs it in time order first:

    sort -t, -k5,5n -s UserBehavior.csv > by-time.csv

Example: tidemark replay taobao by-time.csv --from 2017-11-26 --limit 100000
"""


class Taobao(LineSource):
    """The file, whole or cut."""

    def parse(self, line: str) -> Event:
        columns = line.split(",")
        if len(columns) != COLUMNS:
            raise ValueError(
                f"columns: {len(columns)} instead of {COLUMNS} (user,item,category,behaviour,seconds)"
            )
        user, item, category, behavior, seconds = columns
        if behavior not in BEHAVIORS:
            raise ValueError(f"behaviour {behavior[:20]!r} is none of {', '.join(BEHAVIORS)}")
        # isdecimal alone lets other scripts' digits pass; int alone lets spaces, signs and underscores pass.
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= MAX_DIGITS):
            raise ValueError(f"time {seconds[:20]!r} is not a whole number of seconds since 1970")
        return {
            # The same row is the same event, however the file is cut or sorted.
            "event_id": f"{user}-{item}-{behavior}-{seconds}",
            "visitor_id": user,
            "shop_id": SHOP,
            "industry": INDUSTRY,
            "item_id": item,
            "category": category,
            "brand": None,
            "price": None,
            "quantity": None,
            "behavior": BEHAVIORS[behavior],
            "event_time": int(seconds) * 1000,
        }


KIND = SourceKind("taobao", HELP, needs_file=True, open=Taobao)
