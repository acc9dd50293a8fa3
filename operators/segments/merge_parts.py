"""What parts of hot shops say -> each shop's profile, and what its parts are told (keyed state in Python)."""

from collections.abc import Iterator
from typing import Any

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor

from operators.segments.merge_shop import merge_shop
from operators.segments.segment_rows import REST, of_shop, said_of
from operators.segments.shop_segments import ShopSettings
from state.rest_of_shop import RestOfShop
from state.shop_part import ShopPart
from workers.prepare_worker import prepare_worker

SAID = ("shop_id", "visitor_id", "body")
"""Of a row, what is needed here."""


class MergeParts(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of shops: keep what each part said last; merge, seek better segments, profile.

    State: `parts` and `told`, an entry a part.
    """

    def __init__(self, settings: ShopSettings) -> None:
        self._settings = settings

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()

        def entries(name: str) -> Any:
            blob = Types.PRIMITIVE_ARRAY(Types.BYTE())
            return runtime_context.get_map_state(MapStateDescriptor(name, Types.STRING(), blob))

        self._parts, self._told = entries("parts"), entries("told")
        self._refits = runtime_context.get_metrics_group().counter("refits")

    def process_element(self, batch: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        _, shops, parts, bodies = batch
        for shop, part, body in zip(shops, parts, bodies, strict=True):
            self._parts.put(_key(shop, part), body)
        now_ms = ctx.timer_service().current_processing_time()
        for shop in dict.fromkeys(shops):
            yield from self._merge(shop, now_ms)

    def _merge(self, shop: str, now_ms: int) -> Iterator[Row]:
        held = [key.split("/", 1) for key in self._parts]
        keys = {part: _key(shop, str(part)) for part in sorted(int(p) for p, of in held if of == shop)}
        parts = {part: ShopPart.from_bytes(self._parts.get(key)) for part, key in keys.items()}
        blobs = {part: self._told.get(key) for part, key in keys.items()}
        told = {part: RestOfShop.from_bytes(blob) for part, blob in blobs.items() if blob is not None}
        found = merge_shop(shop, parts, told, now_ms, self._settings)
        self._refits.inc(int(found.refitted))
        at_ms = found.shop.model.latest_ms
        for part, rest in found.rests.items():
            body = rest.to_bytes()
            self._told.put(keys[part], body)
            yield of_shop(REST, shop, at_ms, now_ms, body, str(part))
        drifted_ms = max(part.drifted_ms for part in parts.values())
        yield said_of(shop, found.shop, drifted_ms, now_ms)


def _key(shop: str, part: str) -> str:
    return f"{part}/{shop}"
