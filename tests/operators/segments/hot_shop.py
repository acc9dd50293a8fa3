"""A hot shop in parts, in memory: what `UpdateSegments` and `MergeParts` do with it, without Flink."""

from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from operators.segments.adopt_rest import adopt_rest
from operators.segments.learn_visits import Assigned
from operators.segments.merge_shop import MergedShop, merge_shop
from operators.segments.shop_segments import ShopSettings, hash64
from operators.segments.visit_rows import VisitRows
from state.rest_of_shop import RestOfShop
from state.segment_model import SegmentModel
from state.shop_part import ShopPart
from tests.operators.segments.shard import Shard


@dataclass
class HotShop:
    """Everything goes through its bytes. refits : how many were sought."""

    name: str
    settings: ShopSettings
    number: int
    parts: list[Shard] = field(init=False)
    said: dict[int, bytes] = field(default_factory=dict)
    told: dict[int, bytes] = field(default_factory=dict)
    refits: int = 0

    def __post_init__(self) -> None:
        self.parts = [Shard(self.settings) for _ in range(self.number)]
        self._clock = count(1_700_000_000_000)

    def part_of(self, visitor: str) -> int:
        return hash64(visitor) % self.number

    def learn(self, rows: VisitRows) -> list[Assigned]:
        """One batch, each visitor's rows at its part."""
        at = np.array([self.part_of(visitor) for visitor in rows.visitors], dtype=np.int64)
        batches = [(part, rows.select(np.flatnonzero(at == part))) for part in range(self.number)]
        return [of for part, batch in batches if len(batch) for of in self.parts[part].learn(batch)]

    def exchange(self) -> list[Assigned]:
        """Each part reads what it was told and says what it holds; then the parts are merged."""
        news = [of for part in range(self.number) for of in self.adopt(part)]
        self.merge()
        return news

    def adopt(self, at: int) -> list[Assigned]:
        """A part's period."""
        part = self.parts[at]
        before, shop, sample = part.rest(self.name), part.shop(self.name), part.sample(self.name)
        rest = RestOfShop.from_bytes(self.told[at]) if at in self.told else before
        found = adopt_rest(self.name, shop, rest, before.refit, sample, self.settings)
        part.carried_out(self.name, found)
        refit = max(rest.refit, before.refit)
        part.rests[self.name] = replace(rest, refit=refit, moves={}).to_bytes()
        shop = part.shop(self.name)
        self.said[at] = ShopPart(shop.model, shop.categories, refit, 0, part.sample(self.name)).to_bytes()
        return found.news

    def merge(self) -> MergedShop:
        parts = {at: ShopPart.from_bytes(blob) for at, blob in sorted(self.said.items())}
        told = {at: RestOfShop.from_bytes(blob) for at, blob in self.told.items()}
        found = merge_shop(self.name, parts, told, next(self._clock), self.settings)
        self.refits += found.refitted
        self.told = {at: rest.to_bytes() for at, rest in found.rests.items()}
        return found

    def whole(self) -> SegmentModel:
        """As the parts are now."""
        for at, part in enumerate(self.parts):
            shop = part.shop(self.name)
            rest = part.rest(self.name)
            said = ShopPart(shop.model, shop.categories, rest.refit, 0, part.sample(self.name))
            self.said[at] = said.to_bytes()
        return self.merge().shop.model

    def segments(self) -> dict[str, int]:
        return {
            visitor: member.segment
            for part in self.parts
            for (_, visitor) in part.members
            if (member := part.member((self.name, visitor))) is not None
        }
