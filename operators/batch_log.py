"""What was asked of the shops, in order, in a file: so that it can be done again without Flink."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operators.segments.visit_rows import VisitRows


@dataclass(frozen=True)
class BatchLog:
    """Appends a line of JSON a batch or refit; file : empty for none. For tests: it names visitors."""

    file: str = ""

    def batch(
        self,
        visitors: Sequence[str],
        shops: Sequence[str],
        industries: Sequence[str],
        categories: Sequence[str],
        packed: Sequence[bytes],
    ) -> None:
        if self.file:
            self._append([visitors, shops, industries, categories, [row.hex() for row in packed]])

    def refit(self, shop: str) -> None:
        if self.file:
            self._append(shop)

    def _append(self, said: Any) -> None:
        with Path(self.file).open("a") as log:
            log.write(json.dumps(said) + "\n")


def logged(file: Path) -> Iterator[VisitRows | str]:
    """The rows of each batch, and the shop of each refit."""
    with file.open() as lines:
        for said in map(json.loads, lines):
            if isinstance(said, str):
                yield said
            else:
                visitors, shops, industries, categories, packed = said
                rows = [bytes.fromhex(row) for row in packed]
                yield VisitRows.of(visitors, shops, industries, categories, rows)
