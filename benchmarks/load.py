"""A steady stream of events into a topic, sent by a process that costs the machine little."""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peer_environment import peer_python
from benchmarks.place import ROOT
from benchmarks.preload import purchases
from schemas.avro import encode
from schemas.behaviors import SCHEMA
from tidemark.errors import UserError
from tidemark.stack.stack import LocalStack

TOKEN = "@@@@@@"  # as in peers/send.py, whose environment is another
SLACK_S = 600


@dataclass(frozen=True)
class Sent:
    """`count` events between two moments, epoch seconds."""

    started_s: float
    ended_s: float
    count: int


@dataclass
class Load:
    """Sends the events of a file, over and over; each round has visitors and event ids of its own."""

    stack: LocalStack
    file: Path
    rounds: int = field(default=0)

    def write(self, events: Iterable[dict[str, Any]]) -> int:
        """Encode the events, whose ids hold `TOKEN`, into the file; returns how many."""
        count = 0
        with self.file.open("wb") as out:
            for event in events:
                count += 1
                key, value = event["visitor_id"].encode(), encode(SCHEMA, event)
                out.write(len(key).to_bytes(2, "big") + len(value).to_bytes(2, "big") + key + value)
        return count

    def send(self, topic: str, count: int, rate: float = 0) -> Sent:
        """Send that many at `rate` a second; 0: as fast as it goes. Returns when the broker has all.

        Raises
        ------
        UserError : it did not take all.
        """
        python = peer_python(self.stack.tools)
        words = (self.stack.addresses["kafka"], topic, self.file, rate, count, self.rounds)
        done = subprocess.run(
            [str(python), "-m", "benchmarks.peers.send", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SLACK_S + (count / rate if rate else 0),
            check=False,
        )
        if done.returncode != 0:
            raise UserError(f"the load failed: {done.stderr.strip().splitlines()[-1]}", exit_code=1)
        said = json.loads(done.stdout)
        self.rounds += said["rounds"]
        return Sent(said["started_s"], said["ended_s"], count)


def households() -> Iterator[dict[str, Any]]:
    """A year of purchases with their own visitors."""
    return purchases(TOKEN)


def visitors_of(events_each: int) -> Iterator[dict[str, Any]]:
    """The same, each `events_each` purchases in a row of a household being another visitor."""
    made: dict[str, int] = {}
    for event in purchases(TOKEN):
        household = event["visitor_id"]
        number = made[household] = made.get(household, -1) + 1
        event["visitor_id"] = f"{household}-{number // events_each}"
        yield event


def first_visitors(events: Iterable[dict[str, Any]], visitors: int) -> Iterator[dict[str, Any]]:
    """The events of the first `visitors` visitors."""
    known: set[str] = set()
    for event in events:
        if len(known) < visitors:
            known.add(event["visitor_id"])
        if event["visitor_id"] in known:
            yield event
