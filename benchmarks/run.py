"""`make bench`: throughput, latency and growth, as figures (`results/latest.json`) and a page (`docs/`)."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import articles, figures, gate, growth, latency, render, scale, segments
from benchmarks.peer_environment import peer_python
from benchmarks.place import ROOT, Place, python_path
from benchmarks.throughput import Throughput
from benchmarks.work import Preferences, Work
from tidemark.errors import UserError
from tidemark.jobs import known
from tidemark.settings import Settings
from tidemark.stack.stack import LocalStack

BACKENDS = ("rocksdb", "heap")
JOBS: Mapping[str, tuple[Work, tuple[str, ...]]] = {
    "visitor_preferences": (Preferences(), ("throughput", "latency", "growth")),
    gate.JOB: (gate.Gate(), ("throughput",)),
    segments.JOB: (segments.Segments(), ("throughput", "latency")),
    articles.JOB: (articles.Articles(), ("throughput",)),
}
"""What a job's subjects do, and what can be measured of it."""
MEMORY = "6g"
CURVE = ",".join(map(str, latency.CURVE))


def say(line: str) -> None:
    print(line, flush=True)


def bench(
    job: Annotated[str, typer.Option(help="The job to measure.")] = "visitor_preferences",
    parts: Annotated[
        str, typer.Option(help="What to measure, default all of the job's; the rest stays as it is.")
    ] = "",
    events: Annotated[int, typer.Option(min=1000, help="Messages in the topic.")] = 2_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Of each subject; figures are medians.")] = 3,
    subjects: Annotated[str, typer.Option(help="Which, with commas; default all of the job's.")] = "",
    backends: Annotated[str, typer.Option(help="Where Flink keeps state.")] = ",".join(BACKENDS),
    per_record_events: Annotated[int, typer.Option(min=100, help="Prefix for the slow subject.")] = 100_000,
    visitors: Annotated[str, typer.Option(help="Sizes of the growth.")] = "10000,100000,1000000",
    first_rate: Annotated[float, typer.Option(help="Events a second, of latency; 0: the job's.")] = 0,
    curve: Annotated[str, typer.Option(help="Latency at these parts of the highest rate.")] = CURVE,
    memory: Annotated[str, typer.Option(help="Of the task manager.")] = MEMORY,
    run: Annotated[Path, typer.Option(help="Folder of the benchmark's own stack; removed.")] = Path(
        ".run/bench"
    ),
    output: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/latest.json",
    page: Annotated[Path, typer.Option(help="Where the page goes; its picture beside it.")] = ROOT
    / "docs/benchmarks.md",
) -> None:
    """Measure the job: events a second beside its peers, latency under load, cost of more visitors."""
    plain, tools = known(job), Settings().tools
    work, of_job = JOBS[plain]
    chosen = [work.subjects[name] for name in listed(subjects, work.subjects)]
    measured, states = listed(parts, of_job), listed(backends, BACKENDS)
    sizes = [int(size) for size in visitors.split(",")]
    bound = min(per_record_events, events)
    if plain == "visitor_preferences":
        peer_python(tools)
    found: dict[str, list[dict[str, Any]]] = {}

    if "throughput" in measured:
        subject_runs = Throughput(work, chosen, say)
        with removed(run):
            for number, state in enumerate(states):
                with stack(run, tools, state, memory) as up:
                    place = Place(up, plain, events, bound)
                    if number == 0:
                        work.preload(place, say)
                    subject_runs.measure(place, state, runs)
        found["throughput"] = subject_runs.rows(plain)
    if "latency" in measured:
        with removed(run), stack(run, tools, "rocksdb", memory) as up:
            found["latency"] = latency.measure(
                Place(up, plain, events, bound), say, first_rate, [float(part) for part in curve.split(",")]
            )
    if "growth" in measured:
        with removed(run), stack(run, tools, "rocksdb", memory) as up:
            found["growth"] = growth.measure(Place(up, plain, events, bound), sizes, say)
        found["bytes"] = growth.bytes_rows(found["growth"])
    publish(figures.results(found, plain, figures.load(output)), output, page)


def listed(text: str, known_names: Any) -> list[str]:
    """The names between commas; none: all. Raises UserError: one that is not known."""
    names = [name.strip() for name in text.split(",") if name.strip()] or list(known_names)
    for name in names:
        if name not in known_names:
            raise UserError(f"no {name!r}; there is: {', '.join(known_names)}")
    return names


@contextmanager
def removed(run: Path) -> Iterator[None]:
    """The folder and all data in it go at the end, whatever happens."""
    try:
        yield
    finally:
        shutil.rmtree(run, ignore_errors=True)


@contextmanager
def stack(run: Path, tools: Path, state: str, memory: str) -> Iterator[LocalStack]:
    """A stack of the benchmark's own; whatever happens, it is ended."""
    up = LocalStack(run, tools, state, task_manager_memory=memory, say=say)
    try:
        up.up()
        yield up
    finally:
        up.down(keep_jobs=False)


def publish(found: dict[str, Any], output: Path, page: Path) -> None:
    """Figures, page and picture."""
    figures.save(found, output)
    picture = page.with_suffix(".svg")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render.page(found, picture.name))
    picture.write_text(render.svg(found["throughput"]))
    # The page of scale needs several parts; where one was never measured it stays as it is.
    with suppress(LookupError):
        page.with_name("scale.md").write_text(scale.page(found, "visitor_preferences"))
    say(page.read_text())
    say(f"{output} and {page} are written")


def main() -> None:
    os.environ["PYTHONPATH"] = python_path()
    try:
        typer.run(bench)
    except UserError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
