"""What each exposure is owed, in whatever order things come, in a Flink of its own."""

import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from operators.layouts.outcome_rows import BEFORE_AFFINITIES
from tests.oracles.layouts import labels, worth
from tests.synthetic_visits import visits

pytestmark = pytest.mark.flink

WINDOW_MS = 600_000
MINUTE = 60_000

Arrival = tuple[str, dict[str, Any]]


def shown(event_id: str, minute: int, visitor: str = "ann", shop: str = "s", **more: Any) -> Arrival:
    event = {
        "event_id": event_id, "visitor_id": visitor, "shop_id": shop, "segment": "0", "affinities": [],
        "layout": event_id, "propensity": 0.5, "event_time": minute * MINUTE,
    }  # fmt: skip
    return "exposure", event | more


def bought(
    event_id: str, minute: int, price: float | None = 10.0, visitor: str = "ann", **more: Any
) -> Arrival:
    event = {
        "event_id": event_id, "visitor_id": visitor, "shop_id": "s", "industry": "i", "item_id": "a",
        "category": "c", "brand": None, "price": price, "quantity": None, "behavior": "purchase",
        "event_time": minute * MINUTE,
    }  # fmt: skip
    return "behavior", event | more


def forgotten(minute: int, visitor: str = "ann") -> Arrival:
    return "erasure", {"event_id": f"f{minute}", "visitor_id": visitor, "event_time": minute * MINUTE}


CASES: dict[str, tuple[list[Arrival], dict[str, tuple[float, float, float]]]] = {
    "nothing bought": ([shown("x", 1)], {"x": (1, 0, 0)}),
    "bought within the window": ([shown("x", 1), bought("p", 10)], {"x": (1, 1, 10)}),
    "bought when the window has just closed": ([shown("x", 1), bought("p", 11)], {"x": (1, 0, 0)}),
    "bought before it was shown": ([shown("x", 5), bought("p", 4)], {"x": (1, 0, 0)}),
    "bought in the moment it was shown": ([shown("x", 5), bought("p", 5)], {"x": (1, 1, 10)}),
    "the purchase comes first": ([bought("p", 4), shown("x", 1)], {"x": (1, 1, 10)}),
    "a late purchase, after others": (
        [shown("x", 1), shown("y", 30), bought("q", 31), bought("p", 2)],
        {"x": (1, 1, 10), "y": (1, 1, 10)},
    ),
    "two shown before one purchase": (
        [shown("x", 1), shown("y", 3), bought("p", 5)],
        {"x": (1, 0, 0), "y": (1, 1, 10)},
    ),
    "the later of the two comes late": (
        [shown("x", 1), bought("p", 5), shown("y", 3)],
        {"x": (1, 0, 0), "y": (1, 1, 10)},
    ),
    "it comes late and takes one of two": (
        [shown("x", 1), bought("p", 2), bought("q", 5, 7.0), shown("y", 3)],
        {"x": (1, 1, 10), "y": (1, 1, 7)},
    ),
    "two shown in one moment": (
        [shown("y", 1), shown("x", 1), bought("p", 2)],
        {"x": (1, 0, 0), "y": (1, 1, 10)},
    ),
    "a basket of three": (
        [shown("x", 1), bought("p", 2, 1.0), bought("q", 2, 2.0), bought("r", 3, None)],
        {"x": (1, 1, 3)},
    ),
    "a purchase twice": ([shown("x", 1), bought("p", 2), bought("p", 2)], {"x": (1, 1, 10)}),
    "an exposure twice": ([shown("x", 1), shown("x", 1), bought("p", 2)], {"x": (1, 1, 10)}),
    "another shop": ([shown("x", 1), bought("p", 2, shop_id="t")], {"x": (1, 0, 0)}),
    "another visitor": ([shown("x", 1), bought("p", 2, visitor="bob")], {"x": (1, 0, 0)}),
    "a view": ([shown("x", 1), bought("p", 2, behavior="view")], {"x": (1, 0, 0)}),
    "quantity": ([shown("x", 1), bought("p", 2, quantity=2.5)], {"x": (1, 1, 25)}),
    "what is no price": (
        [shown("x", 1), bought("p", 2, float("nan")), bought("q", 2, -1.0), bought("r", 2, float("inf"))],
        {"x": (1, 1, 0)},
    ),
    "what is no time": ([shown("x", -1), bought("p", 0), shown("y", 10**9), bought("q", 10**9)], {}),
    "erased while it waits": ([shown("x", 1), forgotten(1), bought("p", 2)], {"x": (1, 0, 0)}),
    "erased, and what came later stays": (
        [shown("x", 1), shown("y", 3), forgotten(2), bought("p", 4)],
        {"x": (1, 0, 0), "y": (1, 1, 10)},
    ),
    "erased before it comes": (
        [forgotten(5), shown("x", 4), bought("p", 5), shown("y", 6)],
        {"y": (1, 0, 0)},
    ),
    "an erasure concerns its visitor": (
        [shown("x", 1), forgotten(9, "bob"), bought("p", 2)],
        {"x": (1, 1, 10)},
    ),
}  # fmt: skip
"""What arrives, in this order -> by layout exposures, conversions and revenue that the rows add up to."""


def rows_of(folder: Path, arrivals: list[Arrival], backend: str, window_ms: int) -> list[dict[str, Any]]:
    (folder / "events.json").write_text(json.dumps(arrivals))
    command = [
        sys.executable,
        "-m",
        "tests.operators.layouts.label_in_flink",
        str(folder),
        backend,
        str(window_ms),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=180)
    names = ("shop", "segment", "layout", "at_ms", "exposures", "conversions", "revenue", "purchases")
    return [dict(zip(names, row, strict=True)) for row in json.loads((folder / "rows.json").read_text())]


def total(rows: list[dict[str, Any]]) -> dict[str, tuple[float, float, float]]:
    """By layout; what is taken back is subtracted."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row in rows:
        sums = found[row["layout"]]
        sums[0] += row["exposures"]
        sums[1] += row["conversions"]
        sums[2] += row["conversions"] * row["revenue"]
    return {layout: (sums[0], sums[1], sums[2]) for layout, sums in found.items()}


def test_every_outcome_is_as_defined(tmp_path: Path) -> None:
    arrivals = [
        (topic, event | {"visitor_id": f"{case}/{event['visitor_id']}", **_renamed(case, topic, event)})
        for case, (events, _) in CASES.items()
        for topic, event in events
    ]
    found = total(rows_of(tmp_path, arrivals, "hashmap", WINDOW_MS))
    for case, (_, expected) in CASES.items():
        mine = {layout.split("/")[1]: sums for layout, sums in found.items() if layout.startswith(f"{case}/")}
        assert mine == expected, case


def _renamed(case: str, topic: str, event: dict[str, Any]) -> dict[str, Any]:
    return {"layout": f"{case}/{event['layout']}"} if topic == "exposure" else {}


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_any_order_of_arrival_adds_up_to_the_labels_of_the_sorted_log(tmp_path: Path, backend: str) -> None:
    exposures, behaviors = visits(300, seed=len(backend))
    exposures = [event | {"layout": event["event_id"]} for event in exposures]
    arrivals = [("exposure", e) for e in exposures] + [("behavior", b) for b in behaviors]
    random.Random(3).shuffle(arrivals)
    rows = rows_of(tmp_path, arrivals, backend, WINDOW_MS)
    expected = labels(exposures, behaviors, WINDOW_MS)
    found = total(rows)
    assert found.keys() == expected.keys()
    assert sum(label.purchases > 1 for label in expected.values()) > 10, "the log is too easy"
    assert sum(row["conversions"] < 0 for row in rows) > 10, "nothing was taken back: the log is too easy"
    told = {row["layout"]: row["segment"].partition(BEFORE_AFFINITIES) for row in rows}
    for event in exposures:
        segment, _, affinities = told[event["event_id"]]
        assert segment == (event["segment"] or "")
        assert json.loads(affinities or "[]") == event["affinities"]
    for event_id, label in expected.items():
        assert found[event_id][:2] == (1.0, float(label.purchases > 0))
        assert found[event_id][2] == pytest.approx(label.revenue, abs=1e-9)
    owed = sum(row["purchases"] for row in rows)
    assert owed == sum(label.purchases for label in expected.values())
    assert sum(worth(b) for b in behaviors) > 0
