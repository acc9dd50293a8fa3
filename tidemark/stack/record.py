"""`stack.json`: what a local stack consists of, kept between commands and over a down and up."""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tidemark.errors import UserError
from tidemark.stack.processes import Started, with_descendants

FILE = "stack.json"


@dataclass
class Record:
    """What `up` started, and how to reach it.

    addresses : by kind.
    access : the `TIDEMARK_…` variables that reach Kafka and Redis.
    prometheus : endpoints.
    ports, processes : by name, by service.
    settings : of the last `up`.
    """

    addresses: dict[str, str] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    prometheus: list[str] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, Started] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, run: Path) -> "Record":
        """The record in `run`; an empty one where no stack was started."""
        file = run / FILE
        if not file.exists():
            return cls()
        try:
            content = json.loads(file.read_text())
            processes = {name: Started(**process) for name, process in content.pop("processes").items()}
            return cls(**content, processes=processes)
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{file} is not ours or of another version ({error}): remove it") from error

    def save(self, run: Path) -> None:
        """Replace the file in one step: a reader sees the old or the new one."""
        unfinished = run / f"{FILE}.part"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n")
        unfinished.replace(run / FILE)

    def family(self) -> list[psutil.Process]:
        """The running services and all processes below them."""
        running = [started.process() for started in self.processes.values()]
        return [member for one in running if one is not None for member in with_descendants(one)]

    def alive(self) -> set[str]:
        """Names of the services whose process runs."""
        return {name for name, started in self.processes.items() if started.process() is not None}


@contextmanager
def locked(file: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock on `file`, one process at a time; `waiting` is called once when another has it."""
    with file.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def starting_lock() -> Path:
    """Held while any stack of this user starts: two at once would choose the same free ports."""
    return Path(tempfile.gettempdir()) / f"tidemark-{os.getuid()}.lock"
