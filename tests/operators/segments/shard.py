"""A shard of shops in memory: what `UpdateSegments` keeps in keyed state, without Flink."""

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.segments.learn_visits import Assigned, learn_visits
from operators.segments.refit_shop import Refitted, refit_shop
from operators.segments.shop_parts import elsewhere
from operators.segments.shop_segments import ShopSegments, ShopSettings
from operators.segments.visit_rows import VISIT, VisitRows
from operators.segments.visits_of_rows import Member
from state.rest_of_shop import RestOfShop
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories
from state.visitor_segment import VisitorSegment
from tests.oracles.visitor_vectors import VisitorVectors

DAY_MS = 86_400_000
START_MS = 1_700_000_000_000
CATEGORIES = ["soap", "面膜", "🧴 crème", "", "a:b", "نعناع", *map(str, range(12))]
PRICES = [None, 0.0, 2.5, 19.99, -1.0, float("nan"), float("inf"), 1e299]


@dataclass
class Shard:
    """Everything goes through its bytes, as in keyed state."""

    settings: ShopSettings = field(default_factory=ShopSettings)
    shops: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    members: dict[Member, bytes] = field(default_factory=dict)
    sampled: set[Member] = field(default_factory=set)
    rests: dict[str, bytes] = field(default_factory=dict)

    def shop(self, name: str) -> ShopSegments:
        if name not in self.shops:
            return ShopSegments.new(self.settings)
        model, categories = self.shops[name]
        return ShopSegments(SegmentModel.from_bytes(model), ShopCategories.from_bytes(categories))

    def member(self, pair: Member) -> VisitorSegment | None:
        return VisitorSegment.from_bytes(self.members[pair]) if pair in self.members else None

    def rest(self, name: str) -> RestOfShop:
        if name not in self.rests:
            return RestOfShop(ShopSegments.new(self.settings).model, ShopCategories.none())
        return RestOfShop.from_bytes(self.rests[name])

    def learn(self, rows: VisitRows) -> list[Assigned]:
        """One batch; returns its news."""
        shops = {name: self.shop(name) for name in dict.fromkeys(rows.shops)}
        members = {pair: self.member(pair) for pair in zip(rows.shops, rows.visitors, strict=True)}
        told = {name: self.rest(name) for name in self.rests.keys() & shops}
        rests = {name: elsewhere(rest, self.settings) for name, rest in told.items()}
        learned = learn_visits(shops, members, rows, self.settings, rests)
        for name, shop in learned.shops.items():
            self._keep(name, shop)
        self.members |= {pair: of.to_bytes() for pair, of in learned.members.items()}
        self.sampled |= set(learned.joined)
        return learned.news

    def process(self, rows: VisitRows) -> list[Assigned]:
        """One batch, in which visitors may be forgotten; returns its news."""
        news: list[Assigned] = []
        for run in rows.runs():
            if run.head["kind"][0] == VISIT:
                news += self.learn(run)
            else:
                for pair in zip(run.shops, run.visitors, strict=True):
                    self.members.pop(pair, None)
                    self.sampled.discard(pair)
        return news

    def refit(self, name: str) -> list[Assigned]:
        """Returns its news."""
        found = refit_shop(name, self.shop(name), self.sample(name), self.settings)
        self.carried_out(name, found)
        return found.news

    def sample(self, name: str) -> dict[str, VisitorSegment]:
        members = {pair[1]: self.member(pair) for pair in sorted(self.sampled) if pair[0] == name}
        return {visitor: of for visitor, of in members.items() if of is not None}

    def carried_out(self, name: str, found: Refitted) -> None:
        self._keep(name, found.shop)
        self.members |= {(name, visitor): of.to_bytes() for visitor, of in (found.moved | found.left).items()}
        self.sampled -= {(name, visitor) for visitor in found.left}

    def _keep(self, name: str, shop: ShopSegments) -> None:
        self.shops[name] = shop.model.to_bytes(), shop.categories.to_bytes()


def behaviors_at(
    n: int, seed: int, shops: int = 2, visitors: int = 6, days: int = 60, categories: int = len(CATEGORIES)
) -> list[dict[str, Any]]:
    """Behaviours of some weeks, mostly in order: late ones, baskets, repeated ones, prices of all kinds."""
    dice = random.Random(seed)
    events: list[dict[str, Any]] = []
    for i in range(n):
        if events and dice.random() < 0.05:
            events.append(dice.choice(events))
            continue
        minute = days * 1440 * i // n - (dice.randrange(5000) if dice.random() < 0.1 else 0)
        same_basket = events and dice.random() < 0.3
        events.append(
            {
                "event_id": f"e{i}",
                "visitor_id": f"林 {dice.randrange(visitors)}",
                "shop_id": f"店 {dice.randrange(shops)}",
                "industry": "beauty",
                "item_id": "item",
                "category": dice.choice(CATEGORIES[:categories]),
                "brand": None,
                "price": dice.choice(PRICES),
                "quantity": dice.choice([None, 1.0, 3.0, -2.0, float("nan"), 1e299]),
                "behavior": dice.choice(["view", "view", "favourite", "cart", "purchase"]),
                "event_time": events[-1]["event_time"] if same_basket else START_MS + 60_000 * minute,
            }
        )
    return events


def in_batches(rows: VisitRows, cuts: list[int]) -> list[VisitRows]:
    """Parts of the rows, cut before these, in order; empty ones too."""
    return [rows.select(part) for part in np.split(np.arange(len(rows)), sorted(cuts))]


def learned(rows: VisitRows, cuts: list[int], settings: ShopSettings) -> Shard:
    """A shard that has had the rows in these batches."""
    shard = Shard(settings)
    for batch in in_batches(rows, cuts):
        shard.learn(batch)
    return shard


def last_rows(rows: VisitRows) -> dict[Member, int]:
    """Each member's last row."""
    return {pair: at for at, pair in enumerate(zip(rows.shops, rows.visitors, strict=True))}


def members_sums(shard: Shard, name: str, rows: VisitRows) -> NDArray[np.float64]:
    """(K, D), by the definition: the decayed vectors of each segment's members, added up."""
    shop, settings = shard.shop(name), shard.settings
    place = {category: at for at, category in enumerate(shop.categories.hashes.tolist())}
    expected = np.zeros_like(shop.model.sums)
    for (at_shop, visitor), row in last_rows(rows).items():
        member = shard.member((at_shop, visitor))
        if at_shop == name and member is not None:
            away_ms = int(rows.head["at_ms"][row]) - shop.model.latest_ms
            left = 2.0 ** (away_ms / settings.segments.half_lives.long_ms)
            for category, count, _ in rows.select(np.array([row])).entries.tolist():
                dimension = place.get(category, settings.own + category % settings.shared)
                expected[member.segment, dimension] += count * left
    return expected


def members_presence(shard: Shard, name: str, rows: VisitRows) -> NDArray[np.float64]:
    """(K,), by the definition: each segment's members, as much as is left of their last visit."""
    shop, expected = shard.shop(name), np.zeros(len(shard.shop(name).model.sums))
    for (at_shop, visitor), row in last_rows(rows).items():
        member = shard.member((at_shop, visitor))
        if at_shop == name and member is not None:
            away_ms = int(rows.head["at_ms"][row]) - shop.model.latest_ms
            expected[member.segment] += 2.0 ** (away_ms / shard.settings.segments.half_lives.long_ms)
    return expected


def rows_of(events: list[dict[str, Any]]) -> VisitRows:
    return VisitorVectors().rows(events)
