"""The Java function against its Python twin; and what the default limit lets pass."""

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from flink_jobs.event_gate_config import EventGateConfig
from operators.gate.decode_messages import MessageDecoder, MessageLimits
from tests import real_data
from tests.operators.gate.admit_in_flink import PER_MINUTE
from tests.oracles.admit_events import ERASURES, Key, verdict
from tests.raw_messages import message
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.jsonl import JsonLines
from tidemark.replay.messages import Json
from tidemark.replay.source import Selection

PASSED_OR_NOT = (None, "duplicate", "suspect")
DAY_MS = 86_400_000
ALL_PASS: list[str | None] = [None] * 5
REPEATS = [None, None, "duplicate", "duplicate", "duplicate"]
"""What becomes of five events alike, the first another visitor's: each is forgotten; none is."""


def decoded(n: int, seed: int = 1) -> list[tuple[str, str, str | None, int, str | None]]:
    """Rows of a few visitors in a few minutes: repeats, baskets, erasures, and what is no event."""
    dice = random.Random(seed)
    rows: list[Any] = []
    for i in range(n):
        if rows and dice.random() < 0.15:
            rows.append(dice.choice(rows))
            continue
        if dice.random() < 0.1:
            rows.append((f"position {i}", "events.dead-letter", None, -1, None))
            continue
        topic = dice.choice(["behaviors", "behaviors", "behaviors", "exposures.v2", "articles", ERASURES])
        if topic == ERASURES and dice.random() < 0.8:
            topic = "behaviors"
        minute = -1 if topic in ("articles", ERASURES) else dice.randrange(29_000_000, 29_000_004)
        unit = dice.choice([None, None, "basket", "購物籃", f"basket {dice.randrange(8)}"])
        rows.append((f"visitor {dice.randrange(6)}", topic, f"event {dice.randrange(n)}", minute, unit))
    return rows


def verdicts_of_flink(folder: Path, *words: str) -> list[Any]:
    command = [sys.executable, "-m", "tests.operators.gate.admit_in_flink", str(folder), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=120)
    found: list[Any] = json.loads((folder / "verdicts.json").read_text())
    return found


@pytest.mark.flink
@pytest.mark.parametrize(("backend", "sweep_ms"), [("hashmap", 1), ("rocksdb", DAY_MS)])
def test_every_verdict_equals_the_twins(tmp_path: Path, backend: str, sweep_ms: int) -> None:
    rows = decoded(3000)
    keys: dict[str, Key] = defaultdict(Key)
    expected = {str(i): verdict(keys[row[0]], *row[1:], PER_MINUTE) for i, row in enumerate(rows)}
    assert set(expected.values()) == set(PASSED_OR_NOT), "the rows show too little"
    (tmp_path / "decoded.json").write_text(json.dumps(rows))
    got = verdicts_of_flink(tmp_path, "admit", backend, str(sweep_ms))
    assert len(got) == len(rows)
    assert dict(got) == expected


@pytest.mark.flink
@pytest.mark.parametrize(
    ("backend", "kept_ms", "verdicts", "expired_an_event"),
    [("hashmap", 300, ALL_PASS, 2), ("rocksdb", 300, ALL_PASS, 2), ("rocksdb", DAY_MS, REPEATS, 0)],
)
def test_what_is_not_written_for_the_time_it_is_kept_is_forgotten(
    tmp_path: Path, backend: str, kept_ms: int, verdicts: list[str | None], expired_an_event: int
) -> None:
    found, counted = verdicts_of_flink(tmp_path, "repeat", backend, str(kept_ms))
    assert found == verdicts
    events = counted["passed"] + counted["duplicates"]
    assert counted["expired_entries"] == expired_an_event * (events - 1), (
        "the former event's id and minute, Aa's too, who never came back"
    )


def verdicts(messages: Any) -> Counter[str | None]:
    """What the gate's rules say of raw messages, with the default limit; a reason counts as itself."""
    decoder, keys = MessageDecoder(MessageLimits(131_072, None, None)), defaultdict[str, Key](Key)
    per_minute = EventGateConfig().per_minute
    found: Counter[str | None] = Counter()
    for raw in messages:
        of = decoder.outcome(raw, 0)
        if of.key is None:
            found[of.reason] += 1
        else:
            found[verdict(keys[of.key], of.topic, of.event_id, of.minute, of.unit, per_minute)] += 1
    return found


@pytest.mark.flink  # needs no stack, but half a minute
def test_the_default_limit_passes_all_of_complete_journey() -> None:
    source, form = CompleteJourney(), Json()
    rows = islice(source.rows(Selection()), 1_500_000)
    messages = (raw for _, row in rows if isinstance(row, dict) for raw in form.of(source, row))
    assert verdicts(messages) == {None: 1_469_307}


def test_the_default_limit_passes_all_of_taobao() -> None:
    events, form = real_data.taobao(10**9), Json()
    found = verdicts(raw for event in events for raw in form.of(JsonLines(Path(__file__)), event))
    assert found == {None: len(events)}


def test_the_default_limit_catches_a_crawler() -> None:
    start_ms, limit = 1_763_800_020_000, EventGateConfig().per_minute  # begins a minute
    page_views = [message("behavior", event_id=f"{i}", event_time=start_ms + 200 * i) for i in range(1500)]
    found = verdicts(page_views)
    assert found == {None: 5 * limit, "suspect": 1500 - 5 * limit}
