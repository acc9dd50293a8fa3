"""Is every raw message accounted for? Counted over distinct source positions, from the topics alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.event_types import CLEAN, DEAD_LETTER, RAW, SUSPECT, WITHHELD, Header
from tidemark.errors import UserError
from tidemark.gate.positions import Ledger, Position
from tidemark.gate.read_topic import headers_of, read_topic
from tidemark.topics import Kafka, Topic, check_topic, committed_offsets, describe_topics

GROUP = "tidemark.event_gate"
NO_CONSENT, DUPLICATE = "no consent", "duplicate"
CAUSES = (NO_CONSENT, DUPLICATE)
KINDS = (DEAD_LETTER, *CAUSES, SUSPECT, *CLEAN)
"""Outcomes, the weaker first: a dead letter that was sent again and passed has passed."""


@dataclass(frozen=True)
class GateReport:
    """Distinct source positions.

    came_in : messages that `events.raw` holds.
    passed : by topic.
    withheld : by cause.
    waiting : not read yet by the gate.
    missing : read by the gate and without an outcome: `PARTITION:OFFSET` of the first ones.
    repeats : messages for a position that had one before (output is at least once; dead letters sent again).
    untraced : messages in the clean topics without a position: trusted producers'.
    strays : messages whose raw message is not held any more, or not yet.
    """

    came_in: int
    passed: Mapping[str, int]
    dead_letters: int
    suspects: int
    withheld: Mapping[str, int]
    waiting: int
    missing_count: int
    missing: tuple[str, ...]
    repeats: int
    untraced: int
    strays: int

    @property
    def adds_up(self) -> bool:
        """Nothing that the gate has read is without an outcome."""
        return self.missing_count == 0


MISSING_SHOWN = 10


def gate_report(kafka: Kafka, prefix: str, on_progress: Callable[[float], None]) -> GateReport:
    """Read all topics of the gate once.

    Raises
    ------
    UserError : Kafka cannot be reached, or there are no such topics.
    """
    raw = check_topic(kafka, prefix + RAW)
    read_by_gate = committed_offsets(kafka, GROUP, raw.name)
    outcomes = describe_topics(kafka, [prefix + name for name in (*CLEAN, DEAD_LETTER, SUSPECT, WITHHELD)])
    if not outcomes:
        raise UserError(
            f"there are no topics of the gate on Kafka at {kafka}: create them with `tidemark topics`"
        )
    progress = _Progress(sum(topic.messages for topic in (raw, *outcomes)), on_progress)
    ledger = Ledger(raw.first, raw.end, KINDS)
    for records in read_topic(kafka, raw, progress.add):
        ledger.there(records[0].partition, (record.offset for record in records))
    untraced = sum(_enter(ledger, kafka, topic, prefix, progress.add) for topic in outcomes)
    waiting, missing = ledger.without_outcome(read_by_gate)
    counts = ledger.counts()
    return GateReport(
        came_in=ledger.total(),
        passed={name: counts[name] for name in CLEAN},
        dead_letters=counts[DEAD_LETTER],
        suspects=counts[SUSPECT],
        withheld={cause: counts[cause] for cause in CAUSES},
        waiting=waiting,
        missing_count=len(missing),
        missing=tuple(f"{partition}:{offset}" for partition, offset in missing[:MISSING_SHOWN]),
        repeats=ledger.repeats,
        untraced=untraced,
        strays=ledger.strays,
    )


def _enter(ledger: Ledger, kafka: Kafka, topic: Topic, prefix: str, on_progress: Any) -> int:
    """Enter one topic's messages; returns how many name no position of ours."""
    name, untraced = topic.name.removeprefix(prefix), 0
    for records in read_topic(kafka, topic, on_progress):
        for record in records:
            try:
                position = Position.parse(headers_of(record)[Header.SOURCE])
            except (KeyError, ValueError):
                untraced += 1
                continue
            kind = record.value.decode() if name == WITHHELD else name
            ledger.enter(kind, position.partition, position.offset)
    return untraced


class _Progress:
    """The share of all messages that has been read."""

    def __init__(self, total: int, tell: Callable[[float], None]) -> None:
        self._total, self._tell, self._read = max(total, 1), tell, 0

    def add(self, messages: int) -> None:
        self._read += messages
        self._tell(min(self._read / self._total, 1.0))
