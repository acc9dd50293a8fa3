"""What of an item a visitor can prefer: a name, a one-letter code for Redis, and the SQL that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Facet:
    """One facet of a behaviour.

    code : prefix of its fields in Redis; one letter, since it stands before every value of every visitor.
    sql : expression over the behaviour's columns, of type STRING; null where the event has none.
    """

    code: str
    sql: str


FACETS: Mapping[str, Facet] = {
    "category": Facet("c", "category"),
    "brand": Facet("b", "brand"),
    "price_band": Facet("p", "{price_band}"),
    "item": Facet("i", "item_id"),
    "shop": Facet("s", "shop_id"),
    "industry": Facet("n", "industry"),
}


def price_band_sql(bounds: Sequence[float]) -> str:
    """Name the band of `price` between the ascending `bounds`: `<1`, `1-2`, …, `10+`.

    A missing, negative or NaN price has no band: it compares as false with everything.
    """
    edges = [f"{bound:g}" for bound in bounds]
    bands = [f"WHEN price >= 0 AND price < {edges[0]} THEN '<{edges[0]}'"]
    bands += [f"WHEN price >= {low} AND price < {high} THEN '{low}-{high}'" for low, high in pairwise(edges)]
    bands.append(f"WHEN price >= {edges[-1]} THEN '{edges[-1]}+'")
    return f"CASE {' '.join(bands)} END"


def facet_sql(name: str, price_bands: Sequence[float]) -> str:
    """The expression of one facet, price bands filled in."""
    return FACETS[name].sql.format(price_band=price_band_sql(price_bands))
