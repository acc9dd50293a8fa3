"""`tidemark evaluate …`: what the product predicts of people it has not seen yet, on recorded data."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tidemark.cli.evaluate_layouts import layouts
from tidemark.errors import UserError

if TYPE_CHECKING:
    from tidemark.evaluate.results import Row

Output = Annotated[
    Path | None, typer.Option(help="File for the figures. Default: benchmarks/results/evaluate-….json.")
]
Ablations = Annotated[
    bool, typer.Option("--ablations", help="Also with ingredients removed in turn (minutes longer).")
]
MindFolder = Annotated[
    Path | None,
    typer.Option(
        "--mind", envvar="TIDEMARK_MIND", help="A MIND folder (behaviors.tsv). Without it: left out."
    ),
]
OpenBandit = Annotated[
    Path | None,
    typer.Option(
        "--open-bandit",
        envvar="TIDEMARK_OPEN_BANDIT",
        help="An Open Bandit folder (bts, random). Default: the sample in the package obp; else left out.",
    ),
]
Measure = Callable[[Callable[[], object]], "list[Row]"]
"""Rows of one subject; its argument is called once for each day of data."""

TRACKS_SAID = {"": "length known", "_slate": "slate known", "_plain": "neither known"}
FIVE_SEEDS = "mean of five seeds, least and greatest"


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
    _write(_table(console, title, subjects, baskets.days, GOALS), output, "segments", console)


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
    rows = _table(console, "the next basket of every household", ranked, everybody.days, GOALS)
    known = complete_journey(with_demographics=True)
    title = f"own preferences, bits per purchase over everybody's distribution; {FIVE_SEEDS}"
    own = Own(known)
    rows += _table(console, title, [partial(own, subject) for subject in OWN], known.days, GOALS)
    _write(rows, output, "preferences", console)


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
        with _progress(console) as progress:
            task = progress.add_task(f"effect {size:g}", total=batches(EVALUATED, ablations))
            found, best = at_effect(EVALUATED, size, ablations, partial(progress.advance, task))
        title = f"simulated, effect {size:g}, uplift over {best!r}; {FIVE_SEEDS}"
        _show(found, GOALS if size == MIDDLE else {}, title, console)
        rows += found
    _write(rows, output, "segments", console)


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
    rows = _table(console, title, measures, batches, GOALS)
    _write(rows, output, "articles", console)


def articles(
    mind: MindFolder = None,
    open_bandit: OpenBandit = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="And a simulated news feed: 15 minutes.")
    ] = False,
    output: Output = None,
    ablations: Ablations = False,
) -> None:
    """Which articles of a list are clicked: the click model on MIND, and off-policy estimates on Open Bandit.

    MIND: a list is predicted before its clicks are learnt, five minutes later; the first quarter not scored.
    With the length of the list known, with its articles known (slate), with neither (plain).

    Simulated: clicks that rank_articles earns over ranking by click rates, cold start, intervals; five seeds.

    \b
    tidemark evaluate articles --mind MINDsmall_train
    tidemark evaluate articles --mind MINDsmall_train --ablations
    tidemark evaluate articles --simulated
    """
    from tidemark.evaluate import open_bandit as bandit

    console, rows = Console(), []
    if mind is None:
        console.print(
            "MIND: left out; name its folder with --mind (behaviors.tsv, from https://msnews.github.io)"
        )
    else:
        rows += _mind_rows(console, mind, ablations)
    logs = bandit.folder(open_bandit)
    if logs is None:
        console.print(
            "Open Bandit: left out; pip install --no-deps obp==0.4.1, or name a folder with --open-bandit"
        )
    else:
        answers = bandit.answers(logs)
        found = [answer.row() for answer in answers]
        _show(
            found, {}, "Open Bandit: clicks an impression of one policy, from the log of the other", console
        )
        console.print(bandit.verdict(logs, answers))
        rows += found
    if simulated:
        rows += _feed_rows(console, ablations)
    if not rows:
        raise UserError(
            "nothing to evaluate: neither MIND nor Open Bandit data were found; --simulated needs none"
        )
    _write(rows, output, "articles", console)


def _mind_rows(console: Console, folder: Path, ablations: bool) -> "list[Row]":
    from operators.maths.articles.article_models import ArticleSettings
    from tidemark.evaluate.article_subjects import BESIDE, WITHOUT
    from tidemark.evaluate.articles import GOALS, Evaluation, measure, measure_tidemark, of_track
    from tidemark.evaluate.shown_lists import mind

    settings = ArticleSettings()
    evaluation = Evaluation(mind(folder, settings.sketch), settings)
    subjects = [*BESIDE, *(WITHOUT if ablations else [])]
    measures = [partial(measure_tidemark, evaluation), *(partial(measure, evaluation, of) for of in subjects)]
    rows = _measured(console, measures, len(evaluation.lists.at_ms))
    for track, known in TRACKS_SAID.items():
        _show(of_track(rows, track), GOALS, f"MIND, {known}; the lists after the first quarter", console)
    return rows


def _feed_rows(console: Console, ablations: bool) -> "list[Row]":
    from tidemark.evaluate.feed import EVALUATED, GOALS, SEEDS, batches, measured
    from tidemark.evaluate.feed import rows as of_seeds

    with _progress(console) as progress:
        task = progress.add_task("feed", total=batches(EVALUATED, ablations))
        tick = partial(progress.advance, task)
        found = of_seeds([measured(EVALUATED, seed, ablations, tick) for seed in SEEDS])
    _show(found, GOALS, f"simulated feed; five seeds, {FIVE_SEEDS}", console)
    return found


def _table(
    console: Console, title: str, subjects: Sequence[Measure], days: int, goals: dict[str, tuple[str, float]]
) -> "list[Row]":
    """Measure each subject, show the table, return its rows."""
    rows = _measured(console, subjects, days)
    _show(rows, goals, title, console)
    return rows


def _measured(console: Console, subjects: Sequence[Measure], days: int) -> "list[Row]":
    rows: list[Row] = []
    with _progress(console) as progress:
        task = progress.add_task("days", total=len(subjects) * days)
        for place, measure in enumerate(subjects, start=1):
            rows += measure(partial(progress.advance, task))
            progress.update(task, completed=place * days)
    return rows


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
    )


def _show(rows: "list[Row]", goals: dict[str, tuple[str, float]], title: str, console: Console) -> None:
    from tidemark.evaluate.results import show

    show(rows, goals, title, console)


def _write(rows: "list[Row]", output: Path | None, name: str, console: Console) -> None:
    from tidemark.evaluate.results import RESULTS, save

    file = output or RESULTS / f"evaluate-{name}.json"
    save(rows, file)
    console.print(f"Written: {file}")
