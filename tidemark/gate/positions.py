"""Which source positions have which outcome: one byte a position, however many messages say so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Position:
    """Where a message stood: `events.raw:3:1024`."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: bytes) -> "Position":
        """ValueError: the text is none."""
        topic, partition, offset = text.decode().rsplit(":", 2)
        return cls(topic, int(partition), int(offset))

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass
class Ledger:
    """The outcomes of one topic's positions.

    first, end : by partition, the first offset that is looked at and the one after the last.
    kinds : outcomes by rank: where a position has several (a dead letter sent again), the last named counts.
    repeats : entries for positions that had one before.
    strays : entries for positions where no message stands.
    """

    first: Mapping[int, int]
    end: Mapping[int, int]
    kinds: Sequence[str]
    repeats: int = 0
    strays: int = 0
    _ranks: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ranks = {p: np.zeros(self.end[p] - first, np.uint8) for p, first in self.first.items()}

    def there(self, partition: int, offsets: Iterable[int]) -> None:
        """Messages stand at these offsets; others between first and end were never there or have gone."""
        places = np.fromiter(offsets, np.int64) - self.first[partition]
        ranks = self._ranks[partition]
        ranks[places] = np.maximum(ranks[places], 1)

    def enter(self, kind: str, partition: int, offset: int) -> None:
        """One message says that the position has this outcome."""
        ranks = self._ranks.get(partition)
        place = offset - self.first.get(partition, 0)
        if ranks is None or not 0 <= place < len(ranks) or ranks[place] == 0:
            self.strays += 1
            return
        before = ranks[place]
        self.repeats += int(before > 1)
        ranks[place] = max(before, 2 + self.kinds.index(kind))

    def counts(self) -> dict[str, int]:
        """Distinct positions by outcome; each counts once."""
        per_rank: Any = sum(
            (np.bincount(ranks, minlength=2 + len(self.kinds)) for ranks in self._ranks.values()),
            start=np.zeros(2 + len(self.kinds), np.int64),
        )
        return {kind: int(count) for kind, count in zip(self.kinds, per_rank[2:], strict=True)}

    def total(self) -> int:
        """Distinct positions where a message stands."""
        return int(sum(np.count_nonzero(ranks) for ranks in self._ranks.values()))

    def without_outcome(self, before: Mapping[int, int]) -> tuple[int, list[tuple[int, int]]]:
        """Messages without an outcome: how many stand at or after the offsets `before`, which before."""
        waiting, missing = 0, []
        for partition, ranks in self._ranks.items():
            offsets = np.flatnonzero(ranks == 1) + self.first[partition]
            read = offsets < before.get(partition, 0)
            waiting += int(np.count_nonzero(~read))
            missing += [(partition, int(offset)) for offset in offsets[read]]
        return waiting, missing
