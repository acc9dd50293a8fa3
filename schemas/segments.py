"""What Redis holds of segments: keys, and the bytes of their values."""

import json
from dataclasses import dataclass
from typing import Any


def visitor_segments_key(namespace: str, generation: int, visitor: str) -> str:
    """Hash: shop id -> JSON of the visitor's segment there. The visitor's id is the hash tag."""
    return f"{namespace}:{{{visitor}}}:segments:{generation}"


def shop_profile_key(namespace: str, generation: int, shop: str) -> str:
    """String: JSON of the shop's segments. No visitor's key is alike, whatever the id."""
    return f"{namespace}:{{shop:{shop}}}:profile:{generation}"


def rest_of_shop_key(namespace: str, generation: int, shop: str, part: str) -> str:
    """String: what a part of a hot shop is told of the others, see `RestOfShop`. No reader's business."""
    return f"{namespace}:{{shop:{shop}}}:rest:{generation}:{part}"


def industry_key(namespace: str, generation: int, industry: str) -> str:
    """String: an industry's segments, see `ShopPart`. No reader's business."""
    return f"{namespace}:{{industry:{industry}}}:learned:{generation}"


@dataclass(frozen=True)
class SegmentSchema:
    """Where one generation of segments stands. ttl_s : of a visitor's and a shop's, since it was written."""

    namespace: str
    generation: int
    ttl_s: int

    def visitor_key(self, visitor: str) -> str:
        return visitor_segments_key(self.namespace, self.generation, visitor)

    def shop_key(self, shop: str) -> str:
        return shop_profile_key(self.namespace, self.generation, shop)

    def rest_key(self, shop: str, part: str) -> str:
        return rest_of_shop_key(self.namespace, self.generation, shop, part)

    def industry_key(self, industry: str) -> str:
        return industry_key(self.namespace, self.generation, industry)


def read_json(text: bytes) -> dict[str, Any]:
    """A value of either. ValueError: it is no JSON object."""
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError(f"{text[:80]!r} is no JSON object")
    return said
