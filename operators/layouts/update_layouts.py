"""Micro-batches of labelled exposures, and what shops offer -> the policy of each shop that they touch."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from operators.fading_state import fading_map
from operators.layouts.absorb_affinities import absorb_affinities, linear_policies
from operators.layouts.absorb_outcomes import absorb_outcomes, shop_policy
from operators.layouts.outcome_rows import outcomes_and_offers
from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings, sums_width
from state.layout_arms import ShopLayouts
from state.layout_moments import ShopMoments
from workers.prepare_worker import prepare_worker

POLICIES = Types.ROW_NAMED(["shop_id", "policy"], [Types.STRING(), Types.STRING()])
"""What `UpdateLayouts` yields: `ShopPolicy.to_json` of a shop."""


class UpdateLayouts(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard of shops: fold each micro-batch into the layouts of the shops it touches.

    State: two entries a shop, by segments and by affinities, each dropped, as Flink cleans up, when it has
    not been written for `retention_ms` of processing time.

    affinities : how many a visitor has, the most segments of a shop. Sums of another number begin anew.
    """

    def __init__(
        self,
        settings: BanditSettings,
        linear: LinearSettings,
        affinities: int,
        by_revenue: bool,
        retention_ms: int,
    ) -> None:
        self._settings, self._linear, self._width = settings, linear, sums_width(affinities)
        self._by_revenue, self._retention_ms = by_revenue, retention_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        self._layouts, self._moments = (
            fading_map(runtime_context, name, Types.STRING(), self._retention_ms)
            for name in ("layouts", "moments")
        )

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        rows, offers = outcomes_and_offers(value)
        before = {shop: self._load(shop) for shop in dict.fromkeys((*rows.shop, *offers))}
        after = absorb_outcomes(before, rows, offers, self._settings, self._by_revenue)
        moments = absorb_affinities({shop: self._load_moments(shop) for shop in before}, rows, self._linear)
        for name in {shop for shop, of in zip(rows.shop, rows.affinities, strict=True) if of}:
            self._moments.put(name, moments[name].to_bytes())
        offered = {name: shop.offered for name, shop in after.items()}
        linear = linear_policies(moments, offered, self._by_revenue, self._linear)
        for name, shop in after.items():
            self._layouts.put(name, shop.to_bytes())
            if shop.offered_ms:
                policy = shop_policy(name, shop, self._settings, self._by_revenue)
                yield Row(name, replace(policy, linear=linear.get(name)).to_json())

    def _load(self, shop: str) -> ShopLayouts:
        blob = self._layouts.get(shop)
        return ShopLayouts.empty() if blob is None else ShopLayouts.from_bytes(bytes(blob))

    def _load_moments(self, shop: str) -> ShopMoments:
        blob = self._moments.get(shop)
        found = ShopMoments.empty(self._width) if blob is None else ShopMoments.from_bytes(bytes(blob))
        return found if found.sums.shape[1] == self._width else ShopMoments.empty(self._width)
