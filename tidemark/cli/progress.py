"""Progress bars of commands that read a lot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress


@contextmanager
def bars() -> Iterator[Callable[[str, float], None]]:
    """Progress bars on stderr, one for each thing that is being done; told its share, 0 to 1."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(what: str, part: float) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=1.0)
            progress.update(tasks[what], completed=part)

        yield show
