"""Open Bandit: fashion items recommended on ZOZOTOWN with their propensities (Saito et al., NeurIPS 2021)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from tidemark.errors import UserError
from tidemark.replay.source import Event, Selection, Source, SourceKind

LENGTH = 3
"""Items of a recommendation; the data tell of one of them and its position."""

CLICK_AFTER_MS = 1000
"""The data do not say when a click was: a second after its impression."""

FEATURES = tuple(f"user_feature_{i}" for i in range(4))

HELP = """Replay impressions and clicks of an Open Bandit log (a CSV file such as bts/all/all.csv).

Without users in the data, the same user features stand for the same visitor.

Example: tidemark replay open-bandit open_bandit_dataset/random/all/all.csv
"""


@dataclass(frozen=True)
class Shown:
    """One row: an item at a position of a recommendation, and the probability with which it was put there."""

    at_ms: int
    visitor: str
    item: str
    position: int
    clicked: bool
    propensity: float

    @classmethod
    def parse(cls, row: dict[str, str]) -> "Shown":
        """Raises ValueError: why the row is none."""
        missing = [
            n for n in ("timestamp", "item_id", "position", "click", "propensity_score") if not row.get(n)
        ]
        if missing:
            raise ValueError(f"no column {missing[0]}")
        if row["click"] not in ("0", "1"):
            raise ValueError(f"click {row['click'][:20]!r} is neither 0 nor 1")
        propensity = float(row["propensity_score"])
        if not 0 < propensity <= 1:
            raise ValueError(f"propensity_score {propensity:g} is not above 0 and at most 1")
        features = "|".join(row.get(name) or "" for name in FEATURES)
        return cls(
            round(datetime.fromisoformat(row["timestamp"]).timestamp() * 1000),
            blake2b(features.encode(), digest_size=8).hexdigest(),
            row["item_id"],
            int(row["position"]),
            row["click"] == "1",
            propensity,
        )


class OpenBandit(Source):
    """Feedback events of one log, in the file's order, which is that of time.

    Raises
    ------
    UserError : there is no such file, or it cannot be read.
    """

    event = "feedback"

    def __init__(self, path: Path) -> None:
        self.file, self._path = path.name, path
        self._given, self._total = 0, 1
        try:
            with path.open(encoding="utf-8") as file:
                self._total = max(sum(1 for _ in file) - 1, 1)
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}") from error

    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:  # noqa: ARG002
        self._given, log = 0, "-".join(self._path.parts[-3:])
        for number, row in self.shown():
            if isinstance(row, str):
                yield number, row
                continue
            yield from ((number, event) for event in _events(row, f"{log}:{number}"))

    def shown(self) -> Iterator[tuple[int, Shown | str]]:
        """Line number (the header is 1) and what it says, or why it says nothing."""
        with self._path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                self._given += 1
                try:
                    yield number, Shown.parse(row)
                except ValueError as error:
                    yield number, str(error)

    def share_read(self) -> float:
        return self._given / self._total


def package_folder() -> Path | None:
    """The sample inside the package obp, without importing it; None where it is not installed."""
    package = find_spec("obp")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "dataset" / "obd"


def _events(shown: Shown, list_id: str) -> Iterator[Event]:
    impression: Event = {
        "event_id": list_id,
        "list_id": list_id,
        "list_length": LENGTH,
        "visitor_id": shown.visitor,
        "shop_id": None,
        "article_id": shown.item,
        "kind": "impression",
        "position": shown.position,
        "recent_articles": [],
        "segment": None,
        "preferences": None,
        "event_time": shown.at_ms,
    }
    yield impression
    if shown.clicked:
        yield impression | {
            "event_id": f"{list_id}-click",
            "kind": "click",
            "event_time": shown.at_ms + CLICK_AFTER_MS,
        }


KIND = SourceKind("open-bandit", HELP, needs_file=True, open=OpenBandit)
