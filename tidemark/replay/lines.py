"""Text files read line by line, for sources whose rows are lines."""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

from tidemark.errors import UserError
from tidemark.replay.source import Event, Selection, Source


class LineSource(Source):
    """A file with one event a line, in UTF-8, read as a stream: its size does not matter.

    Raises
    ------
    UserError : there is no such file, or it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self._path = path
        try:
            with path.open("rb"):
                self._size = path.stat().st_size
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}") from error
        self._read = 0

    @abstractmethod
    def parse(self, line: str) -> Event:
        """One line, without its end, as a candidate event. Raises ValueError: why it is none."""

    def rows(self, selection: Selection) -> Iterator[tuple[int, Event | str]]:  # noqa: ARG002
        self._read = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                self._read += len(line)
                yield number, self._row(line.rstrip(b"\r\n"))

    def share_read(self) -> float:
        return self._read / self._size if self._size else 1.0

    def _row(self, line: bytes) -> Event | str:
        if not line.strip():
            return "empty line"
        try:
            return self.parse(line.decode())
        except UnicodeDecodeError as error:
            return f"not UTF-8 at byte {error.start + 1} of the line"
        except ValueError as error:
            return str(error)
