"""What all of `tidemark evaluate …` has in common: options, progress, tables, the file of figures."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from tidemark.evaluate.results import Row

Output = Annotated[
    Path | None, typer.Option(help="File for the figures. Default: benchmarks/results/evaluate-….json.")
]
Ablations = Annotated[
    bool, typer.Option("--ablations", help="Also with ingredients removed in turn (minutes longer).")
]
Measure = Callable[[Callable[[], object]], "list[Row]"]
"""Rows of one subject; its argument is called once for each day of data."""

FIVE_SEEDS = "mean of five seeds, least and greatest"


def table(
    console: Console, title: str, subjects: Sequence[Measure], days: int, goals: dict[str, tuple[str, float]]
) -> "list[Row]":
    """Measure each subject, show the table, return its rows."""
    rows = measure_all(console, subjects, days)
    show_rows(rows, goals, title, console)
    return rows


def measure_all(console: Console, subjects: Sequence[Measure], days: int) -> "list[Row]":
    """The rows of all subjects, with a bar of the days."""
    rows: list[Row] = []
    with progress_bar(console) as progress:
        task = progress.add_task("days", total=len(subjects) * days)
        for place, measure in enumerate(subjects, start=1):
            rows += measure(partial(progress.advance, task))
            progress.update(task, completed=place * days)
    return rows


def progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
    )


def show_rows(rows: "list[Row]", goals: dict[str, tuple[str, float]], title: str, console: Console) -> None:
    from tidemark.evaluate.results import show

    show(rows, goals, title, console)


def write(rows: "list[Row]", output: Path | None, name: str, console: Console) -> None:
    from tidemark.evaluate.results import RESULTS, save

    file = output or RESULTS / f"evaluate-{name}.json"
    save(rows, file)
    console.print(f"Written: {file}")
