"""What was asked of the shops, in order, in a file: so that it can be done again without Flink."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operators.segments.visit_rows import VisitRows


@dataclass(frozen=True)
class BatchLog:
    """Appends a line of JSON a batch or refit; file : empty for none. For tests: it names visitors."""

    file: str = ""

    def batch(self, *of: bytes) -> None:
        """of : see `VisitRows.of_batch`."""
        if self.file:
            self._append([part.hex() for part in of])

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
                yield VisitRows.of_batch(*map(bytes.fromhex, said))[0]
