"""One server of the local stack: how it is started, and how to tell that it answers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tidemark.errors import UserError
from tidemark.stack.processes import Started, start

LOG_LINES = 5


@dataclass(frozen=True)
class Service:
    """What a server needs to run. `prepare` returns its command line; `answers` asks the server itself.

    `explains` is the file in which it says why it fails: its own log, where its output is not all.
    """

    name: str
    address: str
    run: Path
    output: Path
    explains: Path
    environment: Mapping[str, str]
    prepare: Callable[[], list[str]]
    answers: Callable[[], bool]
    within_s: float = 90.0

    def start(self) -> Started:
        """Start the process; `wait` for it next."""
        return start(self.prepare(), self.run, self.output, self.environment)

    def wait(self, started: Started) -> None:
        """Return once it answers.

        Raises
        ------
        UserError : it ended, or does not answer in time; with the end of its log.
        """
        deadline = time.monotonic() + self.within_s
        while not self.answers():
            if started.process() is None:
                raise UserError(f"{self.name} ended while starting: {self.last_words()}", exit_code=1)
            if time.monotonic() > deadline:
                late = f"{self.name} does not answer on {self.address} after {self.within_s:.0f} s"
                raise UserError(f"{late}: {self.last_words()}", exit_code=1)
            time.sleep(0.1)

    def last_words(self) -> str:
        """Where to read on, and the last lines of it."""
        logs = dict.fromkeys((self.output, self.explains))
        return f"see {self.explains}" + "".join(f"\n    {line}" for log in logs for line in tail(log))


def tail(log: Path, lines: int = LOG_LINES) -> list[str]:
    """The last `lines` lines of a log that are not empty; none where there is no log."""
    if not log.exists():
        return []
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 20_000))
        text = stream.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-lines:]
