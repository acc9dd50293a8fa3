"""The micro-batches of lists, in order, in a file: so that all can be done again without Flink."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from operators.articles.list_rows import ListRows


@dataclass(frozen=True)
class ListLog:
    """Appends a line of JSON a batch; file : empty for none. For tests: it names visitors."""

    file: str = ""

    def batch(
        self,
        kinds: Sequence[str],
        visitors: Sequence[str],
        lists: Sequence[str],
        at_ms: Sequence[int],
        contents: Sequence[bytes],
    ) -> None:
        if self.file:
            said = [kinds, visitors, lists, at_ms, [bytes(content).hex() for content in contents]]
            with Path(self.file).open("a") as log:
                log.write(json.dumps(said) + "\n")


def logged_lists(file: Path) -> Iterator[ListRows]:
    """Each batch."""
    with file.open() as lines:
        for kinds, visitors, lists, at_ms, contents in map(json.loads, lines):
            yield ListRows.of(kinds, visitors, lists, at_ms, [bytes.fromhex(content) for content in contents])
