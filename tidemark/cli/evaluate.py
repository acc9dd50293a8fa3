"""`tidemark evaluate …`: what the product predicts of people it has not seen yet, on recorded data."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Output = Annotated[
    Path | None, typer.Option(help="File for the figures. Default: benchmarks/results/evaluate-….json.")
]
Ablations = Annotated[
    bool, typer.Option("--ablations", help="Also with ingredients removed in turn (minutes longer).")
]


def add_to(app: typer.Typer) -> None:
    evaluate = typer.Typer(
        no_args_is_help=True, help="Measure what is predicted of the future, on recorded data."
    )
    evaluate.command()(segments)
    app.add_typer(evaluate, name="evaluate")


def segments(output: Output = None, ablations: Ablations = False) -> None:
    """Segments on Complete Journey: bits gained per purchase, changes a week, beside baselines.

    One shop, the households whose demographics are known, the second half of the year; five seeds.

    \b
    tidemark evaluate segments
    tidemark evaluate segments --ablations
    """
    from tidemark.evaluate.baskets import complete_journey
    from tidemark.evaluate.results import RESULTS, save, show
    from tidemark.evaluate.segments import GOALS, SUBJECTS, WITHOUT

    console = Console()
    baskets = complete_journey(with_demographics=True)
    subjects = [*SUBJECTS, *(WITHOUT if ablations else [])]
    rows = []
    with _progress(console) as progress:
        task = progress.add_task("segments", total=len(subjects) * baskets.days)
        for place, subject in enumerate(subjects, start=1):
            rows += subject(baskets, lambda: progress.advance(task))
            progress.update(task, completed=place * baskets.days)
    title = f"{len(baskets.households)} households, {SEEDS_TEXT}; bits are per purchase of the second half"
    show(rows, GOALS, title, console)
    file = output or RESULTS / "evaluate-segments.json"
    save(rows, file)
    console.print(f"Written: {file}")


SEEDS_TEXT = "mean of five seeds [least, greatest]"


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
    )
