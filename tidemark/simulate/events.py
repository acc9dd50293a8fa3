"""What happens in a simulated world as messages of the product's topics: names, keys and Avro bodies."""

from collections.abc import Iterator, Sequence

from schemas.avro import encode
from schemas.behaviors import BEHAVIORS
from schemas.event_types import EVENT_TYPES
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import Ints

Message = tuple[bytes, bytes]
"""Key and body."""


class Events:
    """Of one world; its ids start with `run`, so that runs do not meet.

    industry : (B,) of the shops.
    """

    def __init__(self, run: str, industry: Ints) -> None:
        self._run, self._industry = run, industry.tolist()

    def visitor(self, number: int) -> str:
        return f"{self._run}-visitor-{number}"

    def shop(self, number: int) -> str:
        return f"{self._run}-shop-{number}"

    def layout(self, number: int) -> str:
        return f"layout-{number}"

    def layout_number(self, name: str) -> int:
        """The number of a layout's name."""
        return int(name.removeprefix("layout-"))

    def behaviors(self, behaviors: Behaviors) -> Iterator[Message]:
        """Bodies for the topic `behaviors`. An event id names visitor, time and kind: it stays the same."""
        columns = (
            behaviors.visitor, behaviors.shop, behaviors.category, behaviors.behavior, behaviors.at_ms
        )  # fmt: skip
        for visitor, shop, category, behavior, at_ms in zip(*(c.tolist() for c in columns), strict=True):
            name, industry = self.visitor(visitor), f"industry-{self._industry[shop]}"
            event = {
                "event_id": f"{name}-{at_ms}-{behavior}",
                "visitor_id": name,
                "shop_id": self.shop(shop),
                "industry": industry,
                "item_id": f"{industry}-item-{category}",
                "category": f"{industry}-category-{category}",
                "brand": None,
                "price": None,
                "quantity": None,
                "behavior": BEHAVIORS[behavior],
                "event_time": at_ms,
            }
            yield name.encode(), encode(EVENT_TYPES["behavior"].schema, event)

    def exposures(
        self,
        visitor: Ints,
        shop: Ints,
        decisions: Decisions,
        chosen_by: Sequence[tuple[str | None, tuple[float, ...]]],
        at_ms: Ints,
    ) -> Iterator[Message]:
        """Bodies for the topic of exposures; chosen_by : each visitor's segment and affinities."""
        columns = (visitor, shop, decisions.layout, decisions.propensity, at_ms)
        for row, (who, where, layout, propensity, at) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            name = self.visitor(who)
            event = {
                "event_id": f"{name}-{at}-exposure",
                "visitor_id": name,
                "shop_id": self.shop(where),
                "segment": chosen_by[row][0],
                "affinities": chosen_by[row][1],
                "layout": self.layout(layout),
                "propensity": propensity,
                "event_time": at,
            }
            yield name.encode(), encode(EVENT_TYPES["exposure"].schema, event)
