"""MIND: lists of news articles shown to readers of a portal, and what they clicked (Wu et al., ACL 2020)."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tidemark.errors import UserError
from tidemark.replay.source import Event, Selection, Source, SourceKind

FILE = "behaviors.tsv"
COLUMNS = 5
TIME = "%m/%d/%Y %I:%M:%S %p"
CLICK_AFTER_MS = 1000
"""The data do not say when a click was: a second after its impression."""

MOST_RECENT = 100
"""Articles of the history that an event carries, as its schema allows."""

HELP = """Replay impressions and clicks of a MIND folder (behaviors.tsv): any size, ordered by time.

An article shown is an impression; a click follows it by a second. The data have no positions, nor the events.

Example: tidemark replay mind MINDsmall_train --speed 3600
"""


@dataclass(frozen=True)
class MindList:
    """One line: a list as it was shown. history : oldest first. clicked : of the articles, in their order."""

    number: str
    reader: str
    at_ms: int
    history: tuple[str, ...]
    articles: tuple[str, ...]
    clicked: tuple[bool, ...]

    @classmethod
    def parse(cls, line: str) -> "MindList":
        """Raises ValueError: why the line is none."""
        columns = line.split("\t")
        if len(columns) != COLUMNS:
            raise ValueError(
                f"columns: {len(columns)} instead of {COLUMNS} (id, user, time, history, impressions)"
            )
        number, reader, time, history, impressions = columns
        shown = [entry.rpartition("-") for entry in impressions.split()]
        if not shown:
            raise ValueError("a list without articles")
        if wrong := [f"{a}-{label}" for a, _, label in shown if label not in ("0", "1") or not a]:
            raise ValueError(f"impression {wrong[0][:40]!r} does not end in -0 or -1")
        return cls(
            number,
            reader,
            _epoch_ms(time),
            tuple(history.split()),
            tuple(article for article, _, _ in shown),
            tuple(label == "1" for _, _, label in shown),
        )


class Mind(Source):
    """Feedback events of a folder's lists, in the order of their times; the file itself has none.

    Parameters
    ----------
    path : the folder, or its `behaviors.tsv`.

    Raises
    ------
    UserError : there is no such file, or it cannot be read.
    """

    event = "feedback"

    def __init__(self, path: Path) -> None:
        self._path = path / FILE if path.is_dir() else path
        self.file = self._path.name
        self._given, self._total = 0, 1
        try:
            with self._path.open("rb"):
                pass
        except OSError as error:
            raise UserError(
                f"cannot read {self._path}: {error.strerror}; a MIND folder has a {FILE}"
            ) from error

    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:  # noqa: ARG002
        """Bad rows first, then events in time order: clicks wait for what was shown before them."""
        waiting: list[tuple[int, int, int, Event]] = []
        for number, row in self.lists():
            if isinstance(row, str):
                yield number, row
                continue
            while waiting and waiting[0][0] < row.at_ms:
                _, line, _, event = heapq.heappop(waiting)
                yield line, event
            for place, (shown, click) in enumerate(_events(row)):
                yield number, shown
                if click is not None:
                    heapq.heappush(waiting, (click["event_time"], number, place, click))
        for _, line, _, event in sorted(waiting, key=lambda entry: entry[:3]):
            yield line, event

    def lists(self) -> Iterator[tuple[int, MindList | str]]:
        """Line number (from 1) and its list, in the order of time; before them what is none, and why."""
        with self._path.open("rb") as file:
            places: list[tuple[int, int, int]] = []
            offset = 0
            for number, line in enumerate(file, start=1):
                try:
                    places.append((MindList.parse(_text(line)).at_ms, number, offset))
                except ValueError as error:
                    yield number, str(error)
                offset += len(line)
            places.sort()
            self._given, self._total = 0, max(len(places), 1)
            for _, number, start in places:
                self._given += 1
                yield number, _read_at(file, start)

    def share_read(self) -> float:
        return self._given / self._total


def _events(shown: MindList) -> Iterator[tuple[Event, Event | None]]:
    """Each impression, with its click where there is one. List ids name the list whatever file it is in."""
    list_id = f"{shown.reader}-{shown.at_ms // 1000}-{shown.number}"
    recent = list(reversed(shown.history))[:MOST_RECENT]
    for article, clicked in zip(shown.articles, shown.clicked, strict=True):
        impression = {
            "event_id": f"{list_id}-{article}",
            "list_id": list_id,
            "list_length": len(shown.articles),
            "visitor_id": shown.reader,
            "shop_id": None,
            "article_id": article,
            "kind": "impression",
            "position": None,
            "recent_articles": recent,
            "segment": None,
            "preferences": None,
            "event_time": shown.at_ms,
        }
        click = {
            "event_id": f"{list_id}-{article}-click",
            "kind": "click",
            "event_time": shown.at_ms + CLICK_AFTER_MS,
        }
        yield impression, impression | click if clicked else None


def _read_at(file: BinaryIO, offset: int) -> MindList:
    file.seek(offset)
    return MindList.parse(_text(file.readline()))


def _text(line: bytes) -> str:
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1} of the line") from error


def _epoch_ms(time: str) -> int:
    """MIND's times carry no zone and are taken as UTC."""
    try:
        return round(datetime.strptime(time, TIME).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise ValueError(f"time {time[:30]!r} is not like 11/15/2019 8:55:22 AM") from error


KIND = SourceKind("mind", HELP, needs_file=True, open=Mind)
