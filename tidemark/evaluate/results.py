"""Rows of an evaluation: printed as a table, kept as JSON beside the benchmarks."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError

RESULTS = Path("benchmarks") / "results"


@dataclass(frozen=True)
class Row:
    """One figure of one subject: mean over the seeds, least and greatest of them."""

    metric: str
    data: str
    subject: str
    value: float
    low: float
    high: float

    @classmethod
    def over(cls, metric: str, data: str, subject: str, values: Sequence[float] | np.ndarray) -> "Row":  # type: ignore[type-arg]
        found = np.asarray(values, dtype=np.float64)
        return cls(
            metric, data, subject, *(round(float(f), 6) for f in (found.mean(), found.min(), found.max()))
        )


def save(rows: Sequence[Row], file: Path) -> None:
    """Write the rows as a list of objects, beside those of other data that the file has.

    UserError: the file cannot be written, or holds something else.
    """
    measured = {row.data for row in rows}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = [row for row in _saved(file) if row.data not in measured]
        file.write_text(json.dumps([asdict(row) for row in [*kept, *rows]], indent=2) + "\n")
    except OSError as error:
        raise UserError(f"{file}: cannot write the figures: {error.strerror}", exit_code=1) from error


def _saved(file: Path) -> list[Row]:
    try:
        return [Row(**row) for row in json.loads(file.read_text())] if file.exists() else []
    except (ValueError, TypeError) as error:
        raise UserError(f"{file}: no file of figures; name another with --output") from error


def show(rows: Sequence[Row], goals: dict[str, tuple[str, float]], title: str, console: Console) -> None:
    """One line a subject, one column a metric, in order of first appearance.

    goals : metric -> (≥ or ≤, the value to reach); a last line names them.
    """
    metrics = list(dict.fromkeys(row.metric for row in rows))
    table = Table("", *(metric.replace("_", " ") for metric in metrics), title=title, title_justify="left")
    for subject in dict.fromkeys(row.subject for row in rows):
        found = {row.metric: row for row in rows if row.subject == subject}
        table.add_row(subject, *(_cell(found.get(metric), goals.get(metric)) for metric in metrics))
    table.add_section()
    table.add_row("goal", *(f"{goals[m][0]} {goals[m][1]:.4g}" if m in goals else "" for m in metrics))
    console.print(table)


def _cell(row: Row | None, goal: tuple[str, float] | None) -> str:
    if row is None:
        return ""
    met = goal is not None and (row.value >= goal[1] if goal[0] == "≥" else row.value <= goal[1])
    value = f"[green]{_short(row.value)}[/green]" if met else _short(row.value)
    return value if row.low == row.high else f"{value}\n[dim]{_short(row.low)}–{_short(row.high)}[/dim]"


def _short(value: float) -> str:
    """Four decimals without the zero before them: .0123, -.0123."""
    return f"{value:.4f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.4f}"
