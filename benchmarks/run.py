"""`make bench`: every subject on the same events, checked, as figures and a page (`docs/benchmarks.md`)."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import figures, render
from benchmarks.peer_environment import peer_python
from benchmarks.place import PREFIX_TOPIC, ROOT, TOPIC, Place, python_path
from benchmarks.preload import events as the_events
from benchmarks.preload import preload
from benchmarks.subjects import SUBJECTS, Run, Subject
from tests.oracles.preferences import Visitors, decayed_preferences
from tests.oracles.redis_agrees import differences
from tidemark.errors import UserError
from tidemark.jobs import known
from tidemark.settings import Settings
from tidemark.stack.stack import LocalStack

BACKENDS = ("rocksdb", "heap")
MEMORY = "4g"
Key = tuple[str, str | None]


def say(line: str) -> None:
    print(line, flush=True)


def bench(
    job: Annotated[str, typer.Option(help="The job to measure.")] = "visitor_preferences",
    events: Annotated[int, typer.Option(min=1000, help="Messages in the topic.")] = 2_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Of each subject; figures are medians.")] = 3,
    subjects: Annotated[str, typer.Option(help="Which, with commas.")] = ",".join(SUBJECTS),
    backends: Annotated[str, typer.Option(help="Where Flink keeps state.")] = ",".join(BACKENDS),
    per_record_events: Annotated[int, typer.Option(min=100, help="Prefix for the slow subject.")] = 150_000,
    memory: Annotated[str, typer.Option(help="Of the task manager.")] = MEMORY,
    run: Annotated[Path, typer.Option(help="Folder of the benchmark's own stack; removed.")] = Path(
        ".run/bench"
    ),
    output: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/latest.json",
    page: Annotated[Path, typer.Option(help="Where the page goes; its picture beside it.")] = ROOT
    / "docs/benchmarks.md",
) -> None:
    """Measure events a second of the job and of its peers, all in one run on the same events."""
    chosen = [SUBJECTS[name] for name in listed(subjects, SUBJECTS)]
    plain, states = known(job), listed(backends, BACKENDS)
    tools = Settings().tools
    if {"quix", "bytewax"} & {subject.name for subject in chosen}:
        peer_python(tools)
    bound = min(per_record_events, events)
    found: dict[Key, list[Run]] = {}
    try:
        expected = expectations(chosen, events, bound)
        for number, state in enumerate(states):
            stack = LocalStack(run, tools, state, task_manager_memory=memory, say=say)
            stack.up()
            place = Place(stack, plain, events, bound)
            if number == 0:
                preload(place.kafka, TOPIC, PREFIX_TOPIC, events, bound, say)
            measure(place, state, on(chosen, state, first=number == 0), runs, expected, found)
            stack.down(keep_jobs=False)
    finally:
        LocalStack(run, tools, say=say).down(keep_jobs=False)
        shutil.rmtree(run, ignore_errors=True)
    rows = [figures.throughput(plain, subject, state, of) for (subject, state), of in found.items()]
    publish(figures.results(rows), output, page)


def listed(text: str, known_names: Any) -> list[str]:
    """The names between commas. Raises UserError: one that is not known."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known_names:
            raise UserError(f"no {name!r}; there is: {', '.join(known_names)}")
    return names


def on(chosen: Sequence[Subject], state: str, *, first: bool) -> list[Subject]:
    """The subjects that run while the cluster keeps state there; those without state run once."""
    return [s for s in chosen if state in s.backends or (first and None in s.backends)]


def expectations(chosen: Sequence[Subject], events: int, prefix: int) -> dict[int, Visitors]:
    """What Redis must hold after so many messages, from the definition."""
    counts = {prefix if subject.prefix else events for subject in chosen if subject.writes}
    if counts:
        say("computing what Redis must hold …")
    half_lives = [horizon.half_life_ms for horizon in place_schema().horizons]
    return {count: decayed_preferences(the_events(count), half_lives) for count in counts}


def place_schema() -> Any:
    from flink_jobs.config import VisitorPreferencesConfig

    return VisitorPreferencesConfig().redis_schema


def measure(
    place: Place,
    state: str,
    chosen: Sequence[Subject],
    runs: int,
    expected: dict[int, Visitors],
    found: dict[Key, list[Run]],
) -> None:
    """In rounds, so that no noisy minute falls on one subject; the slow one, in our JVM, comes last."""
    fast = [subject for subject in chosen if not subject.prefix]
    slow = [subject for subject in chosen if subject.prefix]
    for subject in [*fast * runs, *slow * runs]:
        run = subject.run(place)
        if subject.writes:
            wrong = differences(place.redis, place.schema, expected[run.events])
            if wrong:
                raise UserError(f"{subject.name} left a wrong result in Redis: {wrong}", exit_code=1)
        backend = state if state in subject.backends else None
        found.setdefault((subject.name, backend), []).append(run)
        checked = "; equal to the definition" if subject.writes else ""
        say(
            f"{subject.name} ({backend or 'no state'}): {run.events / run.duration_s:,.0f} events/s, "
            f"{run.duration_s:.1f} s with "
            f"{run.startup_s:.1f} s start-up, {run.cpu_s / run.events * 1e6:.1f} CPU s a million{checked}"
        )


def publish(found: dict[str, Any], output: Path, page: Path) -> None:
    """Figures, page and picture."""
    figures.save(found, output)
    picture = page.with_suffix(".svg")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render.page(found, picture.name))
    picture.write_text(render.svg(found["throughput"]))
    say(render.table(found["throughput"]))
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
