"""Keyed state of one shard of shops: what is kept of shops and of their visitors, as bytes."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyflink.common import Types
from pyflink.datastream import RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from operators.segments.segment_state import no_segments
from operators.segments.shop_segments import ShopSegments, ShopSettings
from operators.segments.visits_of_rows import Member
from state.rest_of_shop import RestOfShop
from state.segment_fit import SegmentFit
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories
from state.visitor_segment import VisitorSegment


class ShardState:
    """`models` and `categories`, an entry a shop; `members`, one a visitor and shop; `samples`, an entry a
    sampled member; `fits`, one a shop, how well its visitors fit its segments; `touched`, the shops since the
    last period; `parts`, the hot shops of which this shard is a part, and `rests`, what else is of them.
    """

    def __init__(self, context: RuntimeContext, settings: ShopSettings) -> None:
        def entries(name: str) -> Any:
            blob = Types.PRIMITIVE_ARRAY(Types.BYTE())
            return context.get_map_state(MapStateDescriptor(name, Types.STRING(), blob))

        self._settings = settings
        self._models, self._categories = entries("models"), entries("categories")
        self._members, self._samples = entries("members"), entries("samples")
        self._fits, self._rests = entries("fits"), entries("rests")
        self.touched, self.parts = entries("touched"), entries("parts")

    def shop(self, name: str) -> ShopSegments:
        model = self._models.get(name)
        if model is None:
            return ShopSegments.new(self._settings)
        return ShopSegments(
            SegmentModel.from_bytes(model), ShopCategories.from_bytes(self._categories.get(name))
        )

    def keep_shop(self, name: str, shop: ShopSegments, before: ShopSegments) -> None:
        """before : as `shop` gave it; where categories are the same, they are not written."""
        self._models.put(name, shop.model.to_bytes())
        if shop.categories is not before.categories or not before.model.seen:
            self._categories.put(name, shop.categories.to_bytes())

    def rest(self, name: str) -> RestOfShop:
        blob = self._rests.get(name)
        if blob is None:
            return RestOfShop(no_segments(self._settings.refits.most), ShopCategories.none())
        return RestOfShop.from_bytes(blob)

    def keep_rest(self, name: str, rest: RestOfShop) -> None:
        self._rests.put(name, rest.to_bytes())

    def fit(self, name: str) -> SegmentFit:
        blob = self._fits.get(name)
        return SegmentFit.none() if blob is None else SegmentFit.from_bytes(blob)

    def keep_fit(self, name: str, fit: SegmentFit) -> None:
        self._fits.put(name, fit.to_bytes())

    def member(self, pair: Member) -> VisitorSegment | None:
        blob = self._members.get(_key(pair))
        return None if blob is None else VisitorSegment.from_bytes(blob)

    def keep_members(self, members: Mapping[Member, VisitorSegment]) -> None:
        for pair, member in members.items():
            self._members.put(_key(pair), member.to_bytes())

    def join_sample(self, pairs: Iterable[Member]) -> None:
        for pair in pairs:
            self._samples.put(_key(pair), b"")

    def leave_sample(self, pairs: Iterable[Member]) -> None:
        for pair in pairs:
            self._samples.remove(_key(pair))

    def forget(self, pair: Member) -> None:
        self._members.remove(_key(pair))
        self._samples.remove(_key(pair))

    def sampled(self) -> dict[str, list[str]]:
        """Of each shop, its visitors in the sample."""
        visitors: dict[str, list[str]] = {}
        for key in self._samples:
            length, _, rest = key.partition(":")
            visitors.setdefault(rest[: int(length)], []).append(rest[int(length) :])
        return visitors

    def sample(self, shop: str, visitors: Iterable[str]) -> dict[str, VisitorSegment]:
        """Those of the visitors who have a vector here."""
        members = {visitor: self.member((shop, visitor)) for visitor in visitors}
        return {visitor: of for visitor, of in members.items() if of is not None and of.dimensions}


def _key(pair: Member) -> str:
    """Length of the shop's id first: no two pairs have one key."""
    shop, visitor = pair
    return f"{len(shop)}:{shop}{visitor}"
