"""What a visitor prefers, as a storefront reads it."""

from collections.abc import Callable, Mapping
from typing import Literal

from schemas.preferences import AT, MIX, PreferenceSchema
from tidemark.facet_reader import CachedFacet, FacetReader, code_of
from tidemark.items import Item, VisitorFacet, by_share, by_weight
from tidemark.preferences import Preference, Preferences

Order = Literal["weight", "share"]
Lifts = Callable[[], Mapping[bytes, float]]


class PreferenceReader:
    """Answers from one round trip to Redis. One for all threads."""

    def __init__(self, facets: FacetReader) -> None:
        self._facets = facets

    def preferences(
        self, visitor: str, facet: str, horizon: str, at_ms: int, top: int, order: Order, lifts: Lifts
    ) -> Preferences:
        """See `Tidemark.preferences`. lifts : asked for a mix, of a visitor of whom Redis has answered."""
        view, fields, reason = self._facets.read(visitor, facet)
        cached = view.facets.get(facet)
        if cached is None:
            return Preferences(visitor, facet, horizon, (), "unavailable", 0.0, at_ms, None, None, reason)
        longest, horizon = _longest(cached.schema), _horizon(cached, horizon)
        place = _place(cached.schema, longest if horizon == MIX else horizon)
        known = VisitorFacet(cached.schema, code_of(cached.schema, facet), fields, place, at_ms)
        if horizon == MIX and cached.choices is not None:
            items = known.mixed(cached.choices, {} if reason else lifts())
            items = [item for item in items if order == "share" or not known.known or known.has(item)]
        else:
            items = known.own(cached.prior)
            if order == "share" or not known.known:
                items += known.everybodys(cached.prior, top)
        by_shares = horizon == MIX or order == "share" or not known.known
        items.sort(key=by_share if by_shares else by_weight)
        return Preferences(
            visitor=visitor,
            facet=facet,
            horizon=horizon,
            items=_preferences(items[:top]),
            source="unavailable" if reason else "visitor" if known.known else "prior",
            total=known.total,
            at=at_ms,
            latest_event=int(fields[AT]) if AT in fields else None,
            prior_at=cached.prior.at_ms,
            reason=reason,
            generation=view.generation,
        )


def _preferences(items: list[Item]) -> tuple[Preference, ...]:
    return tuple(Preference(value.decode(errors="replace"), weight, share) for value, weight, share in items)


def _longest(schema: PreferenceSchema) -> str:
    return max(schema.horizons, key=lambda horizon: horizon.half_life_ms).name


def _horizon(cached: CachedFacet, asked: str) -> str:
    """What is asked for; of a mix that was not learned yet the longest horizon."""
    return _longest(cached.schema) if asked == MIX and cached.choices is None else asked


def _place(schema: PreferenceSchema, horizon: str) -> int:
    names = [h.name for h in schema.horizons]
    if horizon not in names:
        raise ValueError(f"no horizon {horizon!r}; there are {', '.join(names)}")
    return names.index(horizon)
