"""Complete Journey as one shop: who bought which categories when."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidemark.replay.complete_journey import data_folder, read_purchases

Ints = NDArray[np.int64]

DAY_MS = 86_400_000
START_MS = 1_483_228_800_000  # 2017-01-01
MID_YEAR = 181  # the day on which the second half begins: 1 July
LARGEST_QUANTITY = 1000  # above, a row is fuel by the litre


@dataclass(frozen=True)
class Baskets:
    """The distinct categories of each basket, in time order; one entry a category.

    visitor, basket, category : (m,) numbers from 0. at_ms : (m,) of the basket.
    names : of the categories. households : of the visitors.
    """

    visitor: Ints
    basket: Ints
    category: Ints
    at_ms: Ints
    names: list[str]
    households: list[str]

    @cached_property
    def day(self) -> Ints:
        """(m,) days since the year began."""
        return (self.at_ms - START_MS) // DAY_MS

    @property
    def days(self) -> int:
        return int(self.day[-1]) + 1

    def of_day(self, day: int) -> slice:
        """The entries of one day."""
        first, end = np.searchsorted(self.day, [day, day + 1])
        return slice(int(first), int(end))


def complete_journey(with_demographics: bool, folder: Path | None = None) -> Baskets:
    """Every basket without fuel; `with_demographics`: of the households whose demographics are known and who
    bought in both halves of the year.
    """
    kept = purchases_without_fuel(folder)
    if with_demographics:
        second = kept["event_time"] >= START_MS + MID_YEAR * DAY_MS
        household = kept["household_id"].astype(str)
        both = set(household[second]) & set(household[~second])
        kept = kept[household.isin(both & set(demographics(folder)["household_id"]))]
    return baskets_of(kept)


def purchases_without_fuel(folder: Path | None = None) -> Any:
    """A row a purchase, as `read_purchases` has them."""
    folder = folder or data_folder()
    purchases = read_purchases(folder)
    fuel = _departments(folder).reindex(purchases["product_id"]).to_numpy() == "FUEL"
    return purchases[~fuel & (purchases["quantity"] <= LARGEST_QUANTITY)]


def _departments(folder: Path) -> Any:
    """The department of each product, by its number."""
    import pandas

    columns = ["product_id", "department"]
    return pandas.read_parquet(folder / "products.parquet", columns=columns).set_index("product_id")[
        "department"
    ]


def demographics(folder: Path | None = None) -> Any:
    """One row a household that told: `household_id`, `age`, `income` and more, as text."""
    import pandas

    return pandas.read_parquet((folder or data_folder()) / "demographics.parquet").astype(str)


def baskets_of(purchases: Any, names: list[str] | None = None) -> Baskets:
    """Of some purchases. names : of the categories, all that there are; by default those that occur."""
    import pandas

    rows = purchases.drop_duplicates(["basket_id", "category"])
    visitor, households = pandas.factorize(rows["household_id"].astype(str), sort=True)
    known = names or sorted(rows["category"].astype(str).unique())
    category = pandas.Index(known).get_indexer(rows["category"].astype(str))
    basket = pandas.factorize(rows["basket_id"], sort=True)[0]
    return Baskets(visitor, basket, category, rows["event_time"].to_numpy(), known, list(households))
