"""The demo's screen: what flows, how far behind, and what a few visitors are after."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tidemark.preferences import Preferences

RATE_WINDOW_S = 15.0


class Rate:
    """Events a second over the last few seconds, from a counter that restarts at zero with the job."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def update(self, now_s: float, count: int | None) -> float:
        """The rate once `count` was read at `now_s`; 0 until there are two readings."""
        if count is None:
            return 0.0
        if self._seen and count < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now_s, count))
        while now_s - self._seen[0][0] > RATE_WINDOW_S:
            self._seen.popleft()
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0


@dataclass(frozen=True)
class Screen:
    """One picture of the running system.

    preferences : visitor -> horizon -> what the client answers.
    """

    flink: str
    state: str
    events: int | None
    events_a_second: float
    lag: int | None
    dead_letters: int
    replay: str
    event_time: datetime | None
    preferences: dict[str, dict[str, Preferences]]
    hint: str


def render(screen: Screen) -> RenderableType:
    """The screen for a terminal of 80 columns or more."""
    return Group(_flow(screen), _visitors(screen), Text(screen.hint, style="dim"))


def _flow(screen: Screen) -> Panel:
    table = Table.grid(padding=(0, 3))
    clock = f"{screen.event_time.astimezone(UTC):%Y-%m-%d %H:%M}" if screen.event_time else "…"
    table.add_row("events", _count(screen.events), "replay", screen.replay)
    table.add_row("events a second", f"{screen.events_a_second:,.0f}", "event time (UTC)", clock)
    table.add_row("lag (events)", _count(screen.lag), "job", screen.state)
    table.add_row("dead letters", _count(screen.dead_letters), "Flink UI", f"http://{screen.flink}")
    return Panel(
        table,
        title="tidemark: Complete Journey -> Kafka -> event gate -> Kafka -> preferences -> Redis",
        title_align="left",
    )


def _visitors(screen: Screen) -> RenderableType:
    if not screen.preferences:
        return Text("waiting for the first visitors …")
    horizons = list(next(iter(screen.preferences.values())))
    table = Table(
        "household, last seen", *horizons, title="top categories by decayed weight", title_justify="left"
    )
    for visitor, by_horizon in screen.preferences.items():
        table.add_row(_seen(visitor, by_horizon), *map(_items, by_horizon.values()), end_section=True)
    return table


def _seen(visitor: str, by_horizon: dict[str, Preferences]) -> str:
    latest_ms = next(iter(by_horizon.values())).latest_event
    if latest_ms is None:
        return visitor
    return f"{visitor}\n{datetime.fromtimestamp(latest_ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _items(found: Preferences) -> str:
    return "\n".join(f"{item.weight:7.2f} {item.value}" for item in found.items) if found.known else "…"


def _count(number: int | None) -> str:
    return "…" if number is None else f"{number:,}"
