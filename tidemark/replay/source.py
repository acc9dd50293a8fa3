"""What a data set must offer to be replayed.

A new one is one file with a `Source` and its `SourceKind`, and a line in `registry.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

Event = dict[str, Any]
"""A valid event, its fields in schema order."""


class BadRow(NamedTuple):
    """A row that is no event; reads `events.jsonl:12: behavior.price: not a number`."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True)
class Selection:
    """Which events of a data set: `from_ms` <= event time < `to_ms` (epoch ms), of those `limit`."""

    from_ms: int | None = None
    to_ms: int | None = None
    limit: int | None = None


class Source(ABC):
    """One data set, read once from its beginning.

    file : its name in messages about bad rows.
    event : type of its events, a name in `EVENT_TYPES`.
    """

    file: str
    event: str = "behavior"

    @abstractmethod
    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:
        """Line number (from 1) and either a candidate event, not yet checked, or why there is none.

        Rows outside the selection may be left out where that is cheaper; the caller selects anyway.
        """

    @abstractmethod
    def share_read(self) -> float:
        """How much of what `rows` will give has been given, 0 to 1: for the progress bar."""

    def envelope(self, event: Event) -> dict[str, Any]:  # noqa: ARG002
        """What the gate is told beside the event: fields of `schemas/envelope.avsc`."""
        return {}

    def last_ms(self, selection: Selection) -> int | None:  # noqa: ARG002
        """The greatest event time of the selection where that is known without reading all; else None."""
        return None


@dataclass(frozen=True)
class SourceKind:
    """A data set as the command line offers it.

    name : the command, `tidemark replay NAME`.
    help : its help text; the first line stands in the list of commands.
    open : makes a fresh Source, from the path of a file when `needs_file`. Raises UserError.
    """

    name: str
    help: str
    needs_file: bool
    open: Callable[..., Source]
