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

from operators.decayed_preferences import SWEEP_MS
from tests.operators.fold_in_flink import HALF_LIVES_MS
from tests.oracles import decayed_preferences as twin

pytestmark = pytest.mark.flink

Weighed = tuple[str, str, int, float | None, bool, str | None, str | None]


def weighed_behaviors(n: int, seed: int = 1) -> list[Weighed]:
    """A year of events of a few visitors, out of order, some repeated, unweighed or without a facet."""
    dice = random.Random(seed)
    events: list[Weighed] = []
    for i in range(n):
        if events and dice.random() < 0.1:
            events.append(dice.choice(events))
            continue
        events.append(
            (
                f"visitor {dice.randrange(5)}",
                f"event {i}",
                1_500_000_000_000 + dice.randrange(365 * 86_400_000),
                dice.choice([None, 0.5, 1.0, 2.0, 3.0, 4.0]),
                dice.random() < 0.01,
                dice.choice([None, "SHAMPOO", "面膜", "a:b", "", *map(str, range(30))]),
                dice.choice([None, "x", "y"]),
            )
        )
    return events


def folded_by_flink(events: list[Weighed], folder: Path, sweep_ms: int) -> list[Any]:
    """The rows of the job's own operator over `events`, in order of arrival, from a process of its own."""
    (folder / "events.json").write_text(json.dumps(events))
    rows = rows_of_flink(folder, "fold", str(sweep_ms))
    return [(visitor, category, brand, bytes.fromhex(packed)) for visitor, category, brand, packed in rows]


def rows_of_flink(folder: Path, *words: str) -> list[Any]:
    command = [sys.executable, "-m", "tests.operators.fold_in_flink", str(folder), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    rows: list[Any] = json.loads((folder / "rows.json").read_text())
    return rows


@pytest.mark.parametrize(("ttl_ms", "distinct"), [(300, 1), (60_000, 4)])
def test_what_is_not_written_for_the_time_to_live_is_forgotten(
    tmp_path: Path, ttl_ms: int, distinct: int
) -> None:
    rows = rows_of_flink(tmp_path, "repeat", str(ttl_ms))
    assert len(rows) == 4
    assert len(set(rows)) == distinct, "alike when each event finds no state; growing when it finds the last"


@pytest.mark.parametrize("sweep_ms", [1, SWEEP_MS])
def test_every_row_equals_the_twins(tmp_path: Path, sweep_ms: int) -> None:
    events = weighed_behaviors(1000)
    visitors: dict[str, twin.Visitor] = defaultdict(twin.Visitor)
    expected: dict[str, list[Any]] = defaultdict(list)
    for visitor, event_id, time_ms, weight, erases, *values in events:
        packed = twin.fold(visitors[visitor], event_id, time_ms, weight, erases, values, HALF_LIVES_MS)
        if packed is not None:
            expected[visitor].append((*values, packed))

    got = defaultdict(list)
    for visitor, category, brand, packed in folded_by_flink(events, tmp_path, sweep_ms):
        got[visitor].append((category, brand, packed))

    assert got.keys() == expected.keys()
    for visitor, rows in expected.items():
        assert [row[:2] for row in got[visitor]] == [row[:2] for row in rows]
        for mine, twins in zip(got[visitor], rows, strict=True):
            assert_same_numbers(mine[2], twins[2])


def assert_same_numbers(mine: bytes, twins: bytes) -> None:
    """The same times; every log value to 1e-12 relative (the two `pow` may differ in the last bit)."""
    assert mine[:16] == twins[:16]
    np.testing.assert_allclose(np.frombuffer(mine[16:], ">f8"), np.frombuffer(twins[16:], ">f8"), rtol=1e-12)
