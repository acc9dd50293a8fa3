"""What the replay's tests share: files of lines, sources that are lists, and the real data sets."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.source import Event, Selection, Source

SHARED = Path(os.environ.get("TIDEMARK_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))


def event(n: int = 0, time_ms: int = 1_500_000_000_000, **changes: Any) -> Event:
    """A valid behaviour."""
    return {
        "event_id": f"e{n}",
        "visitor_id": f"v{n}",
        "shop_id": "s",
        "industry": "fashion",
        "item_id": "i",
        "category": "c",
        "brand": None,
        "price": None,
        "quantity": None,
        "behavior": "view",
        "event_time": time_ms,
    } | changes


class Rows(Source):
    """A source that is a list; a string in it is the reason of a bad row."""

    file = "rows"

    def __init__(self, *rows: Event | str) -> None:
        self._rows = rows
        self._given = 0

    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:  # noqa: ARG002
        self._given = 0
        for row in self._rows:
            self._given += 1
            yield self._given, row.copy() if isinstance(row, dict) else row

    def share_read(self) -> float:
        return self._given / len(self._rows) if self._rows else 1.0


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines (text or bytes) to a file."""

    def write(*rows: str | bytes, name: str = "events") -> Path:
        file = tmp_path / name
        file.write_bytes(b"".join((row.encode() if isinstance(row, str) else row) + b"\n" for row in rows))
        return file

    return write


@pytest.fixture(scope="session")
def complete_journey() -> CompleteJourney:
    """The real purchases, read once."""
    return CompleteJourney()


@pytest.fixture(scope="session")
def taobao_file() -> Path:
    """The sample of real Taobao behaviours."""
    file = SHARED / "taobao" / "UserBehavior.csv"
    if not file.exists():
        pytest.skip(f"no {file}: put the Taobao sample there or name its folder with TIDEMARK_SHARED_DATA")
    return file


@pytest.fixture(scope="session")
def mind_folder() -> Path:
    """The sample of real MIND lists."""
    folder = SHARED / "mind"
    if not (folder / "behaviors.tsv").exists():
        pytest.skip(f"no {folder}: put a MIND folder there or name its parent with TIDEMARK_SHARED_DATA")
    return folder
