"""Micro-batches of labelled exposures, and what shops offer -> the policy of each shop that they touch."""

from collections.abc import Iterator
from typing import Any

from pyflink.common import Row, Types
from pyflink.common.time import Time
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, StateTtlConfig

from operators.layouts.absorb_outcomes import absorb_outcomes, shop_policy
from operators.layouts.outcome_rows import outcomes_and_offers
from operators.maths.layouts.layout_bandit import BanditSettings
from state.layout_arms import ShopLayouts

POLICIES = Types.ROW_NAMED(["shop_id", "policy"], [Types.STRING(), Types.STRING()])
"""What `UpdateLayouts` yields: `ShopPolicy.to_json` of a shop."""


class UpdateLayouts(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of shops: fold each micro-batch into the layouts of the shops it touches.

    State: an entry a shop, dropped when it has not been written for `retention_ms` of processing time.
    """

    def __init__(self, settings: BanditSettings, by_revenue: bool, retention_ms: int) -> None:
        self._settings, self._by_revenue, self._retention_ms = settings, by_revenue, retention_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = MapStateDescriptor("layouts", Types.STRING(), Types.PICKLED_BYTE_ARRAY())
        retention = Time.milliseconds(self._retention_ms)
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(retention).build())
        self._layouts = runtime_context.get_map_state(descriptor)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        rows, offers = outcomes_and_offers(value)
        before = {shop: self._load(shop) for shop in dict.fromkeys((*rows.shop, *offers))}
        after = absorb_outcomes(before, rows, offers, self._settings, self._by_revenue)
        for name, shop in after.items():
            self._layouts.put(name, shop.to_bytes())
            if shop.offered_ms:
                policy = shop_policy(name, shop, self._settings, self._by_revenue)
                yield Row(name, policy.to_json())

    def _load(self, shop: str) -> ShopLayouts:
        blob = self._layouts.get(shop)
        return ShopLayouts.empty() if blob is None else ShopLayouts.from_bytes(blob)
