"""`tidemark simulate`: a closed loop of visitors, layouts and purchases whose truth is known."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from tidemark.simulate.loop import Result
    from tidemark.simulate.storefront import Storefront
    from tidemark.simulate.through_stack import ThroughStack
    from tidemark.simulate.world import World

Visitors = Annotated[int, typer.Option(min=1, help="All shops together; each visitor stays at one.")]
Days = Annotated[int, typer.Option(min=1, help="Of event time.")]
Industries = Annotated[int, typer.Option(min=1, help="Each with categories and tastes of its own.")]
Shops = Annotated[int, typer.Option(min=1, help="Spread over the industries; sizes ∝ 1/rank in each.")]
Layouts = Annotated[int, typer.Option(min=2, max=20, help="Of each shop.")]
Effect = Annotated[
    float,
    typer.Option(
        min=0, help="Log-odds of a purchase for one standard deviation of a layout's fit to a taste."
    ),
]
Drift = Annotated[
    float, typer.Option(min=0, max=0.85, help="Share of tastes that comes and goes; 0: they last.")
]
DriftDays = Annotated[float, typer.Option(min=0.1, help="Half-life of that, in days.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the world: the same seed, the same visits.")]
Speed = Annotated[
    float | None,
    typer.Option(
        min=1,
        help="Event seconds a second. In this process a batch is what 250 ms bring (default 86400); through "
        "the stack a batch takes 2 s (default 10800).",
    ),
]
Stack = Annotated[
    bool,
    typer.Option(
        "--stack",
        help="Beside the others the product itself: events go to Kafka, layouts are read from Redis.",
    ),
]

BATCH_S, STACK_BATCH_S = 0.25, 2.0
SPEED, STACK_SPEED = 86_400.0, 10_800.0


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(simulate)


def simulate(
    visitors: Visitors = 3000,
    days: Days = 56,
    industries: Industries = 1,
    shops: Shops = 2,
    layouts: Layouts = 4,
    effect: Effect = 0.5,
    drift: Drift = 0.23,
    drift_days: DriftDays = 66.0,
    seed: Seed = 1,
    speed: Speed = None,
    stack: Stack = False,
) -> None:
    """Visitors come to shops, click, are shown a layout, and buy or not: does showing the right one pay?

    Each visitor has tastes, of which demographics say little and some drift. Each layout suits some tastes,
    by the effect given. The functions of the job `visitor_segments` see what a storefront sees, cluster the
    visitors and learn what to show; beside them, on the same visits: segments by age or income with the same
    bandit, layouts by chance, and an oracle who knows every probability. How much tastes spread, drift and
    show in demographics is that of real shoppers (tidemark/simulate/parameters.py).

    \b
    tidemark simulate                                   # a minute
    tidemark simulate --effect 0                        # layouts change nothing: nor may segments
    tidemark simulate --shops 4 --industries 2 --visitors 8000 --days 84
    tidemark simulate --stack --days 28                 # needs: tidemark up; tidemark submit visitor_segments
    """
    from tidemark.simulate.parameters import Parameters
    from tidemark.simulate.world import World

    parameters = Parameters(
        visitors=visitors, days=days, industries=industries, shops=shops, layouts=layouts, effect=effect,
        drifting=drift, drift_days=drift_days,
    )  # fmt: skip
    world, console = World(parameters, seed), Console()
    with ExitStack() as opened:
        if stack:
            storefronts = {"tidemark, through the stack": opened.enter_context(_through_stack(world))}
        else:
            storefronts = {}
        span_ms = round(
            1000 * (STACK_BATCH_S * (speed or STACK_SPEED) if stack else BATCH_S * (speed or SPEED))
        )
        show(_served(world, storefronts, span_ms, console), console)


def _served(
    world: "World", storefronts: "Mapping[str, Storefront]", span_ms: int, console: Console
) -> "dict[str, Result]":
    """What came of these storefronts and of those that every simulation has."""
    from tidemark.evaluate.simulated import CHANCE, STATIC, product
    from tidemark.simulate.loop import run

    subjects = [product(), *STATIC, CHANCE]
    everybody = {**storefronts, **{subject.name: subject.open(world) for subject in subjects}}
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task("days", total=world.parameters.days * 86_400_000 / span_ms)
        results = run(world, list(everybody.values()), span_ms, lambda: progress.advance(task))
    return dict(zip(everybody, results, strict=True))


def _through_stack(world: "World") -> "ThroughStack":
    from tidemark.settings import Settings
    from tidemark.simulate.through_stack import ThroughStack
    from tidemark.topics import create_topics

    settings = Settings()
    kafka = settings.kafka_access()
    create_topics(kafka)
    run = f"simulated-{world.seed}-{round(time.time())}"
    return ThroughStack(world, kafka, settings.redis_address(), run, STACK_BATCH_S / 2, settings.namespace)


def show(results: "dict[str, Result]", console: Console) -> None:
    """One line a subject; the oracle's last.

    All but the first column are of expected conversions: who bought of those who might is luck. Uplift is
    over the static segments that convert best.
    """
    from tidemark.evaluate.simulated import STATIC

    first = next(iter(results.values()))
    table = Table(title=f"{int(first.visits.sum()):,} visits", title_justify="left")
    for column in ("", "conversions a visit", "uplift", "over chance", "regret", "the bandit's"):
        table.add_column(column, no_wrap=not column)
    by_chance, visits = first.by_chance.sum(), first.visits.sum()
    beaten = max(results[subject.name].expected.sum() for subject in STATIC)
    for name, result in results.items():
        table.add_row(
            name,
            f"{result.rate:.4f}",
            f"{result.expected.sum() / beaten - 1:+.1%}",
            f"{result.expected.sum() / by_chance - 1:+.1%}",
            f"{result.regret:.1%}",
            f"{result.regret_of_bandit:.1%}",
        )
    best = first.best.sum()
    over_chance = f"{best / by_chance - 1:+.1%}"
    table.add_row("an oracle (expected)", f"{best / visits:.4f}", "", over_chance, "0.0%", "")
    console.print(table)
