"""What is shown, and what becomes of it, in whatever order things come, in a Flink of its own."""

import json
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from operators.articles.list_rows import CLICKED, GONE, KNOWN, SHOWN, ShownList
from sink_connectors.article_commands import recent_articles
from tests.synthetic_lists import events, lists

pytestmark = pytest.mark.flink

SECOND, MINUTE = 1_000, 60_000
WINDOW_MS, WAIT_MS = 5 * MINUTE, 2 * SECOND
START_MS = 1_700_000_000_000

Event = dict[str, Any]


def shown(article: str, at_s: float, length: int = 1, name: str = "l", **more: Any) -> Event:
    event = {
        "visitor_id": "ann", "kind": "impression", "list_id": name, "list_length": length,
        "article_id": article, "position": None, "recent_articles": ["H"], "segment": None, "shop_id": None,
        "event_time": round(START_MS + at_s * SECOND),
    }  # fmt: skip
    return event | more


def clicked(article: str, at_s: float, **more: Any) -> Event:
    return shown(article, at_s, **more) | {"kind": "click"}


def forgotten(at_s: float, visitor: str = "ann") -> Event:
    return {"visitor_id": visitor, "kind": "erasure", "event_time": round(START_MS + at_s * SECOND)}


LATER = shown("z", 3_600, name="later", visitor_id="bob")
"""An hour on: all before it is over."""

CASES: dict[str, tuple[list[Event], dict[str, tuple[int, ...]]]] = {
    "not clicked": ([shown("x", 0)], {"x": (0,)}),
    "clicked within the window": ([shown("x", 0), clicked("x", 299)], {"x": (1,)}),
    "clicked when it has just closed": ([shown("x", 0), clicked("x", 300)], {"x": (0,)}),
    "clicked in the moment it was shown": ([shown("x", 0), clicked("x", 0)], {"x": (1,)}),
    "dated before it was shown": ([shown("x", 9), clicked("x", 8)], {"x": (0,)}),
    "the click comes first": ([clicked("x", 3), shown("x", 0)], {"x": (1,)}),
    "a click without its impression": ([shown("x", 0), clicked("y", 1)], {"x": (0,)}),
    "a click on a list that was never shown": ([clicked("x", 1)], {}),
    "clicked twice": ([shown("x", 0), clicked("x", 1), clicked("x", 2)], {"x": (1,)}),
    "shown twice": ([shown("x", 0, 2), shown("x", 0, 2), shown("y", 0, 2)], {"x,y": (0, 0)}),
    "shown again after it was given": ([shown("x", 0), shown("x", 0), clicked("x", 1)], {"x": (1,)}),
    "one more than its length": ([shown("x", 0), shown("y", 0)], {"x": (0,)}),
    "incomplete": ([shown("x", 0, 3), shown("y", 0, 3), clicked("y", 5)], {"x,y": (0, 1)}),
    "the last impression comes too late": (
        [shown("x", 0, 2), shown("t", 20, name="tick"), shown("y", 0, 2)],
        {"x": (0,), "t": (0,)},
    ),
    "behind the watermark": ([shown("t", 60, name="tick"), shown("x", 0)], {"t": (0,)}),
    "a late click, its list still open": (
        [shown("x", 0), shown("t", 240, name="tick"), clicked("x", 1)],
        {"x": (1,), "t": (0,)},
    ),
    "a click after the outcome": (
        [shown("x", 0), shown("t", 400, name="tick"), clicked("x", 1)],
        {"x": (0,), "t": (0,)},
    ),
    "erased while it waits": ([shown("x", 0), forgotten(0), clicked("x", 1)], {}),
    "erased, and what came later stays": (
        [shown("x", 0), shown("y", 5, name="m"), forgotten(2), clicked("y", 6, name="m")],
        {"y": (1,)},
    ),
    "erased before it comes": ([forgotten(5), shown("x", 4), shown("y", 6, name="m")], {"y": (0,)}),
    "an erasure concerns its visitor": ([shown("x", 0), forgotten(9, "bob"), clicked("x", 1)], {"x": (1,)}),
}  # fmt: skip
"""What arrives, in this order -> articles of each list that is learnt, and which of them were clicked."""


def rows_of(folder: Path, arrivals: list[Event], backend: str) -> list[list[Any]]:
    """kind, visitor, list, time, when the broker took it, content."""
    (folder / "events.json").write_text(json.dumps(arrivals))
    spans = str(WINDOW_MS), str(WAIT_MS)
    command = [sys.executable, "-m", "tests.operators.articles.gather_in_flink", str(folder), backend, *spans]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=180)
    return [[*row[:5], bytes.fromhex(row[5])] for row in json.loads((folder / "rows.json").read_text())]


def learnt(rows: list[list[Any]]) -> dict[str, dict[tuple[str, ...], tuple[int, ...]]]:
    """visitor -> articles of a list -> outcome. Nothing is known that was not shown, or twice."""
    open_lists: dict[tuple[str, str], ShownList] = {}
    found: dict[str, dict[tuple[str, ...], tuple[int, ...]]] = {}
    for kind, visitor, name, at_ms, _, content in rows:
        if kind == SHOWN:
            assert (visitor, name) not in open_lists, "shown twice"
            open_lists[visitor, name] = ShownList.of(name, visitor, at_ms, content)
        elif kind == KNOWN:
            of = open_lists.pop((visitor, name))
            assert of.at_ms == at_ms
            found.setdefault(visitor, {})[of.articles] = tuple(content)
        elif kind == GONE and name:
            del open_lists[visitor, name]
    assert not open_lists, "shown, and never known"
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[tuple[str, ...], tuple[int, ...]]]:
    """Of all cases, one after another: each an hour after the one before, with a visitor of its own."""
    arrivals: list[Event] = []
    for nth, (case, (given, _)) in enumerate(CASES.items()):
        for event in (*given, LATER):
            moved = event["event_time"] + nth * 3_600 * SECOND + nth
            arrivals.append(event | {"event_time": moved, "visitor_id": f"{case}/{event['visitor_id']}"})
    return learnt(rows_of(tmp_path_factory.mktemp("cases"), arrivals, "hashmap"))


@pytest.mark.parametrize("case", CASES)
def test_every_outcome_is_as_defined(
    outcomes: dict[str, dict[tuple[str, ...], tuple[int, ...]]], case: str
) -> None:
    expected = {tuple(articles.split(",")): clicks for articles, clicks in CASES[case][1].items()}
    assert outcomes.get(f"{case}/ann", {}) == expected
    assert outcomes[f"{case}/bob"] == {("z",): (0,)}


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_disorder_within_the_bound_changes_nothing_and_nothing_known_later_comes_first(
    tmp_path: Path, backend: str
) -> None:
    dice, given = random.Random(len(backend)), lists(150, seed=3)
    sent = events(given)
    arrivals = sorted(
        [*sent, *dice.sample(sent, 60)], key=lambda event: event["event_time"] + dice.randrange(9 * SECOND)
    )
    end = max(event["event_time"] for event in sent)
    arrivals.append(LATER | {"event_time": end + 3_600 * SECOND})
    rows = rows_of(tmp_path, arrivals, backend)
    found = learnt(rows)
    for of in given:
        outcomes = {frozenset(articles): clicks for articles, clicks in found[of["visitor_id"]].items()}
        assert sum(outcomes[frozenset(of["articles"])]) == sum(of["clicked"])
    assert sum(map(len, found.values())) == len(given) + 1
    latest_known = float("-inf")
    for kind, _, _, at_ms, _, _ in rows:
        if kind == KNOWN:
            latest_known = max(latest_known, at_ms + WINDOW_MS)
        elif kind == SHOWN:
            assert at_ms >= latest_known, "it would read what became known after it"
    assert latest_known > given[-1]["at_ms"]
    _recent_clicks_are_right(rows, sent)


def _recent_clicks_are_right(rows: list[list[Any]], sent: list[Event]) -> None:
    """The last that is said of a visitor: each article once, the latest first."""
    said = {visitor: content for kind, visitor, _, _, _, content in rows if kind == CLICKED}
    clicks: dict[str, dict[str, int]] = {}
    for event in sent:
        if event["kind"] == "click":
            clicks.setdefault(event["visitor_id"], {})[event["article_id"]] = event["event_time"]
    assert said.keys() == clicks.keys()
    for visitor, times in clicks.items():
        recent = recent_articles(said[visitor])
        assert set(recent.articles) == set(times)
        assert all(times[a] >= times[b] for a, b in pairwise(recent.articles))
        assert (recent.at_ms, recent.since_ms) == (max(times.values()), min(times.values()))
