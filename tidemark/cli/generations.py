"""`tidemark generations`, `compare`, `promote`: rebuilds beside what is served."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.connected import Namespace, Redis, connected
from tidemark.cli.progress import bars
from tidemark.errors import UserError
from tidemark.settings import Settings

if TYPE_CHECKING:
    from tidemark.compare import Comparison, HorizonTally
    from tidemark.generations import Generation

AsJson = Annotated[bool, typer.Option("--json", help="For programs, not for people.")]


def add_to(app: typer.Typer) -> None:
    for command in (generations, compare, promote):
        app.command()(command)


def generations(as_json: AsJson = False, redis: Redis = "", namespace: Namespace = "") -> None:
    """List the generations of preferences in Redis, and which one readers get."""
    from tidemark.generations import find_generations

    namespace = namespace or Settings().namespace
    with connected(redis) as client, bars() as bar:
        found = find_generations(client, namespace, lambda part: bar("counting", part))
    if as_json:
        print(json.dumps([_generation_json(generation) for generation in found], indent=2))
        return
    table = Table("generation", "", "visitors", "horizons", "facets", title=f"preferences of {namespace}")
    table.columns[2].justify = "right"
    for generation in found:
        horizons, facets = _layout(generation)
        table.add_row(
            str(generation.number), _state(generation), f"{generation.visitors:,}", horizons, facets
        )
    Console().print(table if found else f"Redis holds no preferences of namespace {namespace}.")


def compare(
    old: Annotated[int, typer.Argument(min=1, help="A generation, for example the one that is served.")],
    new: Annotated[int, typer.Argument(min=1, help="Another.")],
    sample: Annotated[
        int, typer.Option(min=0, help="Visitors whose values are compared; 0: all. The same at each call.")
    ] = 10_000,
    as_json: AsJson = False,
    redis: Redis = "",
    namespace: Namespace = "",
) -> None:
    """Show what differs between two generations: visitors, values, and the ten strongest of each visitor.

    \b
    tidemark compare 1 2
    tidemark compare 1 2 --sample 0      # every visitor

    Weights are compared as of each visitor's latest event, horizons with those of the same name.
    """
    from tidemark.compare import compare as compare_generations

    with connected(redis) as client, bars() as bar:
        found = compare_generations(
            client,
            namespace or Settings().namespace,
            old,
            new,
            sample or None,
            lambda part: bar("comparing", part),
        )
    if as_json:
        print(json.dumps(_comparison_json(found), indent=2))
    else:
        _print_comparison(found)


def promote(
    new: Annotated[int, typer.Argument(min=1, help="The generation that readers get from now on.")],
    keep: Annotated[
        str, typer.Option(help="How long the old one stays: 1 h, 7 d, or forever. At least 2 min.")
    ] = "1 h",
    force: Annotated[
        bool, typer.Option("--force", help="Even one that has gone; rebuilt under its number since.")
    ] = False,
    redis: Redis = "",
    namespace: Namespace = "",
) -> None:
    """Let readers have another generation, within a minute and without a gap; the old one expires.

    \b
    tidemark promote 2
    tidemark promote 1                   # take that back, as long as the first is there

    Stop the job that writes the old one before: its writes would keep what they touch alive.
    """
    from tidemark.promote import promote as promote_generation

    keep_s = _seconds(keep)
    with connected(redis) as client, bars() as bar:
        done = promote_generation(client, namespace or Settings().namespace, new, keep_s, bar, force=force)
    console = Console(soft_wrap=True)
    for warning in done.warnings:
        console.print(f"Note: {warning}.", style="yellow")
    same = done.served == done.before
    console.print(f"Readers {'have' if same else 'get, within a minute,'} generation {done.served}.")
    if done.retired and not same:
        console.print(
            f"Generation {done.before} is there for {keep}: tidemark promote {done.before} takes this back"
        )


def _seconds(keep: str) -> int | None:
    from flink_jobs.durations import parse_duration
    from tidemark.promote import SHORTEST_KEEP_S

    if keep == "forever":
        return None
    try:
        seconds = int(parse_duration(keep).total_seconds())
    except ValueError as error:
        raise UserError(f"--keep {keep}: {error}") from error
    if seconds < SHORTEST_KEEP_S:
        raise UserError(f"--keep {keep}: at least 2 min; readers may read the old one for one more minute")
    return seconds


def _state(generation: "Generation") -> str:
    if generation.served:
        return "served" if generation.schema else "served, but not there"
    if generation.gone_at_ms is not None:
        return f"goes at {datetime.fromtimestamp(generation.gone_at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    return ""


def _layout(generation: "Generation") -> tuple[str, str]:
    if generation.schema is None:
        return "no configuration", ""
    horizons = ", ".join(f"{h.name} {_half_life(h.half_life_ms)}" for h in generation.schema.horizons)
    return horizons, ", ".join(facet for facet, _ in generation.schema.facets)


def _half_life(ms: int) -> str:
    for unit, name in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min")):
        if ms % unit == 0:
            return f"{ms // unit} {name}"
    return f"{ms} ms"


def _generation_json(generation: "Generation") -> dict[str, Any]:
    schema = generation.schema
    return {
        **asdict(generation),
        "schema": json.loads(schema.to_json()) if schema else None,
    }


def _comparison_json(found: "Comparison") -> dict[str, Any]:
    facets = {
        facet: {
            "only_old": tally.only_old,
            "only_new": tally.only_new,
            "horizons": {name: _figures(horizon) for name, horizon in tally.horizons.items()},
        }
        for facet, tally in found.facets.items()
    }
    return {**asdict(found), "facets": facets}


def _figures(horizon: "HorizonTally") -> dict[str, float | int | None]:
    """None where there is nothing to take the mean of."""
    values, visitors = horizon.values, horizon.visitors
    return {
        "values": values,
        "differing": horizon.differing,
        "mean_difference": horizon.relative / values if values else None,
        "greatest_difference": horizon.greatest if values else None,
        "mean_log2_ratio": horizon.log2_ratio / values if values else None,
        "visitors": visitors,
        "top_10_overlap": horizon.overlap / visitors if visitors else None,
    }


def _print_comparison(found: "Comparison") -> None:
    console, old, new = Console(), found.old, found.new
    console.print(
        f"Visitors: {found.both:,} in both, "
        f"{found.only_old:,} only in {old}, {found.only_new:,} only in {new}"
    )
    for line in found.layout:
        console.print(f"{old} -> {new}: {line}", markup=False)
    console.print(f"Values of {found.compared:,} visitors; {found.differing:,} of these differ")
    table = Table("facet\nhorizon")
    for column in (
        f"only\nin {old}",
        f"only\nin {new}",
        "in\nboth",
        "these\ndiffer",
        "by,\nmean",
        "by, at\nmost",
        "mean\nratio",
        "same\ntop 10",
    ):
        table.add_column(column, justify="right", no_wrap=True)
    for facet, tally in found.facets.items():
        table.add_row(facet, f"{tally.only_old:,}", f"{tally.only_new:,}", style="bold")
        for name, horizon in tally.horizons.items():
            table.add_row(f"  {name}", "", "", *_cells(horizon))
    console.print(table)


def _cells(horizon: "HorizonTally") -> list[str]:
    n = horizon.values
    same = f"{horizon.overlap / horizon.visitors:.1%}" if horizon.visitors else ""
    if n == 0:
        return ["0", "0", "", "", "", same]
    means = [f"{horizon.relative / n:.1%}", f"{horizon.greatest:.1%}", f"{2 ** (horizon.log2_ratio / n):.3g}"]
    return [f"{n:,}", f"{horizon.differing:,}", *means, same]
