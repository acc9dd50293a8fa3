"""`tidemark evaluate …`: what the product predicts of people it has not seen yet, on recorded data."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.evaluate_articles import articles
from tidemark.cli.evaluate_layouts import layouts
from tidemark.cli.evaluation_tables import (
    FIVE_SEEDS,
    Ablations,
    Output,
    progress_bar,
    show_rows,
    table,
    write,
)


def add_to(app: typer.Typer) -> None:
    evaluate = typer.Typer(
        no_args_is_help=True, help="Measure what is predicted of the future, on recorded data."
    )
    evaluate.command()(segments)
    evaluate.command()(preferences)
    evaluate.command()(simulated)
    evaluate.command()(layouts)
    evaluate.command()(keywords)
    evaluate.command()(articles)
    app.add_typer(evaluate, name="evaluate")


def segments(output: Output = None, ablations: Ablations = False) -> None:
    """Segments on Complete Journey: bits gained per purchase, changes a week, beside baselines.

    One shop, the households whose demographics are known, the second half of the year; five seeds.

    \b
    tidemark evaluate segments
    tidemark evaluate segments --ablations
    """
    from tidemark.evaluate.baskets import complete_journey
    from tidemark.evaluate.segments import GOALS, SUBJECTS, WITHOUT

    console = Console()
    baskets = complete_journey(with_demographics=True)
    subjects = [partial(subject, baskets) for subject in [*SUBJECTS, *(WITHOUT if ablations else [])]]
    title = f"{len(baskets.households)} households, bits per purchase of the second half; {FIVE_SEEDS}"
    write(table(console, title, subjects, baskets.days, GOALS), output, "segments", console)


def preferences(output: Output = None) -> None:
    """A shopper's next basket, and their own preferences, on Complete Journey beside baselines.

    Ranking: all households. Bits: those whose demographics are known. The second half of the year.

    \b
    tidemark evaluate preferences
    """
    from tidemark.evaluate.baskets import complete_journey
    from tidemark.evaluate.preferences import GOALS, NEXT_BASKET, OWN, Own, next_basket

    console = Console()
    everybody = complete_journey(with_demographics=False)
    ranked = [partial(next_basket, everybody, subject) for subject in NEXT_BASKET]
    rows = table(console, "the next basket of every household", ranked, everybody.days, GOALS)
    known = complete_journey(with_demographics=True)
    title = f"own preferences, bits per purchase over everybody's distribution; {FIVE_SEEDS}"
    own = Own(known)
    rows += table(console, title, [partial(own, subject) for subject in OWN], known.days, GOALS)
    write(rows, output, "preferences", console)


def simulated(
    output: Annotated[
        Path | None,
        typer.Option(help="File for the figures. Default: benchmarks/results/evaluate-segments.json."),
    ] = None,
    effect: Annotated[
        list[float] | None, typer.Option(min=0, help="Of layouts; may be repeated. Default: the middle one.")
    ] = None,
    ablations: Ablations = False,
) -> None:
    """Conversions in a simulated world: segments and bandit beside static ones, and an oracle.

    Five seeds. Uplift is over the static demographic segments that convert best, with the same bandit;
    regret is against an oracle who knows each visitor's true probabilities.

    \b
    tidemark evaluate simulated
    tidemark evaluate simulated --effect 0 --effect 0.25 --effect 0.75 --effect 1
    """
    from tidemark.evaluate.simulated import EVALUATED, GOALS, at_effect, batches
    from tidemark.simulate.parameters import MIDDLE

    console, rows = Console(), []
    for size in effect or [MIDDLE]:
        with progress_bar(console) as progress:
            task = progress.add_task(f"effect {size:g}", total=batches(EVALUATED, ablations))
            found, best = at_effect(EVALUATED, size, ablations, partial(progress.advance, task))
        title = f"simulated, effect {size:g}, uplift over {best!r}; {FIVE_SEEDS}"
        show_rows(found, GOALS if size == MIDDLE else {}, title, console)
        rows += found
    write(rows, output, "segments", console)


def keywords(
    folder: Annotated[
        Path, typer.Option("--tnews", envvar="TIDEMARK_TNEWS", help="A TNEWS folder (train_few_all.json …).")
    ],
    output: Output = None,
    ablations: Ablations = False,
) -> None:
    """Keywords and categories of Chinese headlines (TNEWS), beside TF-IDF.

    Each headline is described before anything learns from it; what follows the first quarter counts.

    \b
    tidemark evaluate keywords --tnews tnews
    tidemark evaluate keywords --tnews tnews --ablations
    """
    from tidemark.evaluate.keywords import BATCH, GOALS, SEEDS, SUBJECTS, WITHOUT, headlines_described
    from tidemark.evaluate.tnews import tnews

    console, headlines = Console(), tnews(folder)
    subjects = [*SUBJECTS, *(WITHOUT if ablations else [])]
    measures = [partial(headlines_described, headlines, subject) for subject in subjects]
    batches = len(SEEDS) * -(-len(headlines) // BATCH)
    title = f"{len(headlines)} headlines, those after the first quarter; five orders, {FIVE_SEEDS}"
    rows = table(console, title, measures, batches, GOALS)
    write(rows, output, "articles", console)
