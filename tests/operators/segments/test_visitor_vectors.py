"""The Java function against its Python twin, event by event, in a Flink of its own."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from operators.segments.visit_rows import ENTRY, ERASED, EXPIRED, HEADER, VISIT
from tests.operators.segments.shard import START_MS, behaviors_at
from tests.operators.segments.vectors_in_flink import GAP_MS, HALF_LIVES_MS, MIXTURE, WEIGHTS
from tests.oracles.visitor_vectors import VisitorVectors

Row = tuple[str, str, str, str, bytes]
DAY_MS = 86_400_000
NEW = -(2**63)


def view(visitor: str, at_ms: int, category: str = "soap", shop: str = "one", **more: Any) -> dict[str, Any]:
    event = {"visitor_id": visitor, "event_id": f"{visitor} {shop} {at_ms} {category}", "event_time": at_ms}
    event |= {"behavior": "view", "shop_id": shop, "industry": "beauty", "category": category}
    return event | {"price": None, "quantity": None} | more


def erasure(visitor: str, until_ms: int) -> dict[str, Any]:
    return {"visitor_id": visitor, "event_id": f"erase {until_ms}", "event_time": until_ms, "erases": True}


ERASURES: dict[str, list[dict[str, Any]]] = {
    "nothing known yet": [erasure("v", 5), view("v", 3), view("v", 5), view("v", 6)],
    "all before it": [view("v", 1), view("v", 2), erasure("v", 2), view("v", 1), view("v", 3)],
    "one of two shops": [view("v", 9), view("v", 2, shop="二"), erasure("v", 5), view("v", 10, shop="二")],
    "some before, some after": [view("v", 1), view("v", 10), erasure("v", 5), view("v", 4), view("v", 11)],
    "repeated": [view("v", 1), erasure("v", 5), erasure("v", 5), view("v", 5), view("v", 9)],
    "an older one after a newer": [erasure("v", 9), erasure("v", 3), view("v", 5), view("v", 10)],
}


def expected_of(happened: list[dict[str, Any]]) -> list[Row]:
    twin = VisitorVectors(HALF_LIVES_MS, MIXTURE, GAP_MS, WEIGHTS)
    rows: list[Row] = []
    for event in happened:
        if event.get("erases"):
            rows += twin.erase(event["visitor_id"], event["event_time"])
        elif (row := twin.add(event)) is not None:
            rows.append(row)
    return rows


@pytest.mark.parametrize("case", ERASURES)
def test_what_an_erasure_leaves(case: str) -> None:
    """The twin itself, by hand: its rows after the last erasure are those of the events that are later."""
    happened = ERASURES[case]
    last = max(at for at, event in enumerate(happened) if event.get("erases"))
    until = max(event["event_time"] for event in happened if event.get("erases"))
    visits = [row for row in expected_of(happened) if head(row)["kind"] == VISIT]
    counted = [event for event in happened[last:] if not event.get("erases") and event["event_time"] > until]
    later = visits[len(visits) - len(counted) :]
    assert [int(head(row)["at_ms"]) for row in later] == [event["event_time"] for event in counted]
    assert all(int(head(row)["since_ms"]) > until for row in later)
    gone = [row[1] for row in expected_of(happened) if head(row)["kind"] == ERASED]
    assert gone.count("") == sum("erases" in event for event in happened)


def head(row: Row) -> Any:
    return np.frombuffer(row[4][: HEADER.itemsize], HEADER)[0]


def entries(row: Row) -> dict[int, tuple[float, float]]:
    found = np.frombuffer(row[4][HEADER.itemsize :], ENTRY)
    return {int(of["category"]): (float(of["long"]), float(of["others"])) for of in found}


def rows_of_flink(folder: Path, *words: str) -> list[Row]:
    command = [sys.executable, "-m", "tests.operators.segments.vectors_in_flink", str(folder), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    return [(*row[:4], bytes.fromhex(row[4])) for row in json.loads((folder / "rows.json").read_text())]


def by_visitor(rows: list[Row]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def everything() -> list[dict[str, Any]]:
    """Weeks of behaviours, some unweighed or out of time, with erasures in between; and the cases above."""
    happened: list[dict[str, Any]] = behaviors_at(1200, seed=3)
    for at, odd in ((40, {"behavior": "wishlist"}), (80, {"event_time": -1}), (90, {"event_time": 2**42})):
        happened[at] = happened[at] | odd | {"event_id": f"odd {at}"}
    happened.insert(900, erasure("林 1", START_MS + 30 * DAY_MS))
    happened.insert(500, erasure("林 2", happened[480]["event_time"]))
    for case, steps in ERASURES.items():
        happened += [step | {"visitor_id": case} for step in steps]
    basket = [view("basket", 5, str(at % 4), event_id=str(at)) for at in range(12)]
    pairs = [view(visitor, at) for at in range(1, 9) for visitor in ("Aa", "BB")]  # the two share a bucket
    return [*happened, *basket, *pairs, erasure("Aa", 100), view("Aa", 101), view("BB", 9)]


@pytest.mark.flink
@pytest.mark.parametrize(("backend", "sweep_ms"), [("hashmap", 1), ("rocksdb", DAY_MS)])
def test_every_row_equals_the_twins(tmp_path: Path, backend: str, sweep_ms: int) -> None:
    happened = everything()
    columns = ["visitor_id", "event_id", "event_time", "behavior", "erases"]
    columns += ["shop_id", "industry", "category", "price", "quantity"]
    listed = [[(event | {"erases": "erases" in event}).get(name) for name in columns] for event in happened]
    (tmp_path / "happened.json").write_text(json.dumps(listed))

    expected = by_visitor(expected_of(happened))
    got = by_visitor(rows_of_flink(tmp_path, "vectors", backend, str(sweep_ms)))
    assert got.keys() == expected.keys()
    for visitor, rows in expected.items():
        assert len(got[visitor]) == len(rows)
        for mine, twins in zip(in_order(got[visitor]), in_order(rows), strict=True):
            assert_same(mine, twins)


def in_order(rows: list[Row]) -> list[Row]:
    """As they are, but the shops of one erasure by name: a bucket has no order."""
    ordered: list[Row] = []
    for row in rows:
        at = len(ordered)
        while head(row)["kind"] == ERASED and at and row[1] and ordered[at - 1][1] > row[1]:
            if head(ordered[at - 1])["kind"] != ERASED:
                break
            at -= 1
        ordered.insert(at, row)
    return ordered


def assert_same(mine: Row, twins: Row) -> None:
    """Times and marks alike; numbers to 1e-12 relative (the two powers may differ in the last bit)."""
    assert mine[:4] == twins[:4]
    for name in ("kind", "at_ms", "before_ms", "since_ms", "begins", "converts", "category", "count"):
        assert head(mine)[name] == head(twins)[name], (name, mine, twins)
    for name in ("sales", "added"):
        np.testing.assert_allclose(head(mine)[name], head(twins)[name], rtol=1e-12)
    assert entries(mine).keys() == entries(twins).keys()
    for category, (long, others) in entries(twins).items():
        np.testing.assert_allclose(entries(mine)[category][0], long, rtol=1e-12)
        np.testing.assert_allclose(entries(mine)[category][1], others, rtol=1e-6)


@pytest.mark.flink
def test_a_vector_that_is_not_written_for_the_time_to_live_goes_and_says_so(tmp_path: Path) -> None:
    rows = rows_of_flink(tmp_path, "expire", "rocksdb", "300")
    assert {row[0] for row in rows if head(row)["kind"] == EXPIRED} == {"Aa", "BB"}
    assert all(len(row[4]) == HEADER.itemsize for row in rows if head(row)["kind"] == EXPIRED)
    # A busy machine may bring two events within the time to live: the second then finds the first.
    is_there: dict[str, bool] = {}
    for row in rows:
        visitor, goes = row[0], head(row)["kind"] == EXPIRED
        if goes:
            assert is_there[visitor]
        else:
            assert (int(head(row)["before_ms"]) == NEW) is not is_there.get(visitor, False)
            once = 0.25, 0.25 * sum(MIXTURE[1:])
            assert is_there.get(visitor) or tuple(entries(row).values()) == (once,)
        is_there[visitor] = not goes


@pytest.mark.flink
def test_a_vector_that_is_written_in_time_stays(tmp_path: Path) -> None:
    rows = rows_of_flink(tmp_path, "expire", "hashmap", "60000")
    assert {int(head(row)["kind"]) for row in rows} == {VISIT}
    assert [int(head(row)["before_ms"]) for row in rows] == [NEW, NEW, *range(1002, 1007)]
