"""What industries hold, for the new shops of a batch."""

import math
import time
from collections.abc import Callable, Mapping
from functools import partial

from operators.segments.industry_priors import Industry, is_cold
from operators.segments.learn_visits import Rest
from operators.segments.shop_segments import ShopSegments, ShopSettings
from operators.segments.visit_rows import VisitRows
from state.shop_part import ShopPart


class KnownIndustries:
    """Reads an industry at most once a period: it is Redis that has it, so nothing is lost here.

    read : `ShopPart` of an industry as bytes, None before it has learned anything.
    """

    def __init__(
        self,
        read: Callable[[str], bytes | None],
        every_s: float,
        settings: ShopSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._every_s, self._settings, self._clock = read, every_s, settings, clock
        self._known: dict[str, Industry] = {}
        self._read_s: dict[str, float] = {}

    def priors(self, shops: Mapping[str, ShopSegments], rows: VisitRows) -> dict[str, Rest]:
        """Of those shops that are new, as of the batch. shops : of the rows, which are visits."""
        industries = dict(zip(rows.shops, rows.industries, strict=True))
        cold = {name: industries[name] for name, of in shops.items() if is_cold(name, of, self._settings)}
        known = {industry: self._industry(industry) for industry in set(cold.values()) if industry}
        at_ms = int(rows.head["at_ms"].max())
        return {
            shop: partial(found.seen_from, at_ms=at_ms)
            for shop, industry in cold.items()
            if (found := known.get(industry)) is not None
        }

    def _industry(self, name: str) -> Industry | None:
        now_s = self._clock()
        if now_s - self._read_s.get(name, -math.inf) > self._every_s:
            self._read_s[name] = now_s
            said = self._read(name)
            if said is not None:
                part = ShopPart.from_bytes(said)
                self._known[name] = Industry.of(ShopSegments(part.model, part.categories), self._settings)
        return self._known.get(name)
