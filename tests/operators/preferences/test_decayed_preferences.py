"""The Java function against its Python twin, event by event, in a Flink of its own."""

import json
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.operators.preferences.fold_in_flink import HALF_LIVES_MS
from tests.oracles import decayed_preferences as twin

DAY_MS = 86_400_000

Weighed = tuple[str, str, int, float | None, bool, str | None, str | None]


def weighed_behaviors(n: int, seed: int = 1) -> list[Weighed]:
    """A year of a few visitors, out of order, some repeated, unweighed or without a facet; and erasures."""
    dice = random.Random(seed)
    events: list[Weighed] = []
    for i in range(n):
        if events and dice.random() < 0.1:
            events.append(dice.choice(events))
            continue
        erases = dice.random() < 0.01
        events.append(
            (
                f"visitor {dice.randrange(5)}",
                f"event {i}",
                1_500_000_000_000 + dice.randrange(DAY_MS * (30 if erases else 365)),
                dice.choice([None, 0.5, 1.0, 2.0, 3.0, 4.0]),
                erases,
                dice.choice([None, "SHAMPOO", "面膜", "a:b", "", *map(str, range(30))]),
                dice.choice([None, "x", "y"]),
            )
        )
    return events


Steps = list[int | tuple[int, str]]
"""What a visitor does: an event of a category at a time; or the wish that all until a time be forgotten."""

MANY = [(time_ms, f"category {time_ms}") for time_ms in range(1, 21)]

ERASURES: dict[str, tuple[Steps, Steps, Steps]] = {
    "nothing known yet": ([5], [(3, "a"), (5, "a")], [(6, "a"), (7, "b")]),
    "all before it": ([(1, "a"), (2, "b"), 2], [(1, "c")], [(3, "a")]),
    "exactly its time": ([(2, "a"), 2], [(2, "b")], [(3, "a")]),
    "some before, some after": ([(1, "a"), (10, "b"), 5], [(4, "a")], [(11, "b")]),
    "repeated": ([(1, "a"), 5, 5], [(5, "a")], [(9, "a")]),
    "an older one after a newer": ([9, 3], [(5, "a")], [(10, "a")]),
    "spilled values": ([*MANY, 20], [], [(time_ms + 20, value) for time_ms, value in MANY]),
    "spilled, and spilled again": (
        [*MANY, 20, *[(t + 20, v) for t, v in MANY], 40],
        [(40, "a")],
        [(50, "category 1")],
    ),
}
"""What is erased: before it and the erasure; what is ignored then; what counts as if it were all."""


def rows_of(visitor: str, steps: Steps) -> list[Weighed]:
    return [
        (visitor, f"{visitor} {i}", step, None, True, None, None)
        if isinstance(step, int)
        else (visitor, f"{visitor} {i}", step[0], 1.0, False, step[1], "x")
        for i, step in enumerate(steps)
    ]


def folded_by_twin(events: list[Weighed]) -> dict[str, list[Any]]:
    """Per visitor, in order of arrival, facet values and packed of each row."""
    visitors: dict[str, twin.Visitor] = defaultdict(twin.Visitor)
    folded: dict[str, list[Any]] = defaultdict(list)
    for visitor, event_id, time_ms, weight, erases, *values in events:
        packed = twin.fold(visitors[visitor], event_id, time_ms, weight, erases, values, HALF_LIVES_MS)
        if packed is not None:
            folded[visitor].append((*values, packed))
    return folded


@pytest.mark.parametrize("erased", ERASURES)
def test_after_an_erasure_counts_what_is_later_and_nothing_else(erased: str) -> None:
    before, ignored, later = ERASURES[erased]
    steps = rows_of(erased, [*before, *ignored, *later])
    (rows,) = folded_by_twin(steps).values()
    (fresh,) = folded_by_twin(steps[-len(later) :]).values()
    assert len(rows) == len(before) + len(later)
    assert rows[-len(later) :] == fresh


def test_an_erasure_leaves_what_is_later() -> None:
    (rows,) = folded_by_twin(rows_of("ann", [(10, "a"), 5, (4, "a"), (11, "a")])).values()
    (apart,) = folded_by_twin(rows_of("ann", [(10, "a"), (11, "a")])).values()
    assert rows[0::2] == apart
    assert rows[1][2] == (5).to_bytes(8, "big")


def test_a_row_tells_the_times_of_what_it_sums() -> None:
    (rows,) = folded_by_twin(rows_of("ann", [(7, "a"), (3, "a"), (9, "a"), 9, (12, "a")])).values()
    times = [tuple(int.from_bytes(row[2][i : i + 8], "big") for i in (0, 8)) for row in rows]
    assert [*times[:3], times[4]] == [(7, 7), (7, 3), (9, 3), (12, 12)]


def rows_of_flink(folder: Path, *words: str) -> list[Any]:
    command = [sys.executable, "-m", "tests.operators.preferences.fold_in_flink", str(folder), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    rows: list[Any] = json.loads((folder / "rows.json").read_text())
    return rows


def folded_by_flink(events: list[Weighed], folder: Path, backend: str, sweep_ms: int) -> dict[str, list[Any]]:
    """The same from the job's own operator, in a process of its own."""
    (folder / "events.json").write_text(json.dumps(events))
    folded = defaultdict(list)
    for visitor, category, brand, packed in rows_of_flink(folder, "fold", backend, str(sweep_ms)):
        folded[visitor].append((category, brand, bytes.fromhex(packed)))
    return folded


@pytest.mark.flink
@pytest.mark.parametrize(
    ("backend", "ttl_ms", "distinct", "expired_an_event"),
    [("hashmap", 300, 1, 2), ("rocksdb", 300, 1, 2), ("hashmap", 60_000, 4, 0)],
)
def test_what_is_not_written_for_the_time_to_live_is_forgotten(
    tmp_path: Path, backend: str, ttl_ms: int, distinct: int, expired_an_event: int
) -> None:
    rows, counted = rows_of_flink(tmp_path, "repeat", backend, str(ttl_ms))
    assert len(rows) == 5
    assert len(set(rows)) == distinct, "alike when each event finds no state; growing when BB's find the last"
    removed = expired_an_event * (counted["events"] - 1)
    assert counted["expired_entries"] == removed, (
        "the former event's sums and id, Aa's too, who never came back"
    )


@pytest.mark.flink
@pytest.mark.parametrize(("backend", "sweep_ms"), [("hashmap", 1), ("rocksdb", DAY_MS)])
def test_every_row_equals_the_twins(tmp_path: Path, backend: str, sweep_ms: int) -> None:
    events = weighed_behaviors(1000)
    for erased, phases in ERASURES.items():
        events += rows_of(erased, [step for phase in phases for step in phase])
    together = zip(rows_of("Aa", [*MANY, 20, *MANY]), rows_of("BB", [*MANY, (21, "a"), *MANY]), strict=True)
    events += [event for pair in together for event in pair]  # the two share a bucket

    expected, got = folded_by_twin(events), folded_by_flink(events, tmp_path, backend, sweep_ms)
    assert got.keys() == expected.keys()
    for visitor, rows in expected.items():
        assert [row[:2] for row in got[visitor]] == [row[:2] for row in rows]
        for mine, twins in zip(got[visitor], rows, strict=True):
            assert_same_numbers(mine[2], twins[2])


def assert_same_numbers(mine: bytes, twins: bytes) -> None:
    """The same times; every log value to 1e-12 relative (the two `pow` may differ in the last bit)."""
    assert mine[:16] == twins[:16]
    np.testing.assert_allclose(np.frombuffer(mine[16:], ">f8"), np.frombuffer(twins[16:], ">f8"), rtol=1e-12)
