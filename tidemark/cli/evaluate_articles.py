"""`tidemark evaluate articles`: the click model, on recorded and on simulated feeds."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tidemark.cli.evaluation_tables import (
    FIVE_SEEDS,
    Ablations,
    Output,
    measure_all,
    progress_bar,
    show_rows,
    write,
)
from tidemark.errors import UserError

if TYPE_CHECKING:
    from tidemark.evaluate.results import Row

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

TRACKS_SAID = {"": "length known", "_slate": "slate known", "_plain": "neither known"}


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
        show_rows(
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
    write(rows, output, "articles", console)


def _mind_rows(console: Console, folder: Path, ablations: bool) -> "list[Row]":
    from operators.maths.articles.article_models import ArticleSettings
    from tidemark.evaluate.article_subjects import BESIDE, WITHOUT
    from tidemark.evaluate.articles import GOALS, Evaluation, measure, measure_tidemark, of_track
    from tidemark.evaluate.shown_lists import mind

    settings = ArticleSettings()
    evaluation = Evaluation(mind(folder, settings.sketch), settings)
    subjects = [*BESIDE, *(WITHOUT if ablations else [])]
    measures = [partial(measure_tidemark, evaluation), *(partial(measure, evaluation, of) for of in subjects)]
    rows = measure_all(console, measures, len(evaluation.lists.at_ms))
    for track, known in TRACKS_SAID.items():
        show_rows(of_track(rows, track), GOALS, f"MIND, {known}; the lists after the first quarter", console)
    return rows


def _feed_rows(console: Console, ablations: bool) -> "list[Row]":
    from tidemark.evaluate.feed import EVALUATED, GOALS, SEEDS, batches, measured
    from tidemark.evaluate.feed import rows as of_seeds

    with progress_bar(console) as progress:
        task = progress.add_task("feed", total=batches(EVALUATED, ablations))
        tick = partial(progress.advance, task)
        found = of_seeds([measured(EVALUATED, seed, ablations, tick) for seed in SEEDS])
    show_rows(found, GOALS, f"simulated feed; five seeds, {FIVE_SEEDS}", console)
    return found
