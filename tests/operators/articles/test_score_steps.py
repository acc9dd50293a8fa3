"""The steps of the job `article_scores`, one after another: what they read, learn and forget."""

from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest

from operators.articles.article_news import ARTICLE, METRICS, READERS, SHARED
from operators.articles.score_clicks import FULL, ScoreSettings
from operators.articles.statistics_table import statistics_of, statistics_table
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.reader_dimensions import ReaderSettings
from schemas.article_scores import ServedArticles
from state.placed_list import PredictedList
from tests.operators.articles.score_steps import ScoreSteps
from tests.scores_corner import expected_counts
from tests.synthetic_lists import WINDOW_MS, batches, lists, rows
from tidemark.evaluate import click_predictors
from tidemark.evaluate.articles import Evaluation
from tidemark.evaluate.click_predictors import Tidemark, predictions
from tidemark.evaluate.shown_lists import of_lists
from tidemark.replay.mind import MindList

SETTINGS = ScoreSettings(articles=ArticleSettings(dimensions=2, places=8, sketch=16))
READERS_SETTINGS = ReaderSettings(refit_every=60, refit_on=128)

Shown = dict[str, Any]


def steps(shards: int = 4, settings: ScoreSettings = SETTINGS) -> ScoreSteps:
    return ScoreSteps(settings, READERS_SETTINGS, shards, WINDOW_MS)


def processed(given: list[Shown], sizes: list[int], shards: int = 4) -> tuple[ScoreSteps, list[Any]]:
    """After all of the lists in batches of these sizes; with what was said."""
    done = steps(shards)
    return done, list(chain.from_iterable(done.process(batch) for batch in batches(rows(given), sizes)))


def predicted(done: ScoreSteps) -> dict[str, PredictedList]:
    """The lists whose outcome is awaited."""
    awaited = done.runtimes["shared"].states["awaited"].items()
    return {name: PredictedList.from_bytes(blob) for name, blob in awaited}


def read(given: list[Shown], sizes: list[int]) -> dict[str, PredictedList]:
    """What each list read, however soon its outcome came."""
    done, found = steps(), dict[str, PredictedList]()
    for batch in batches(rows(given), sizes):
        list(done.process(batch))
        found |= predicted(done)
    return found


def test_predictions_are_those_of_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    given = lists(300, seed=5)
    mind = [
        MindList(
            of["list_id"],
            of["visitor_id"],
            of["at_ms"],
            tuple(reversed(of["recent_articles"])),
            tuple(of["articles"]),
            tuple(of["clicked"]),
        )
        for of in given
    ]
    monkeypatch.setattr(click_predictors, "LISTS_A_BATCH", 1)
    monkeypatch.setattr("tidemark.evaluate.arrivals.READERS", READERS_SETTINGS)
    evaluation = Evaluation(of_lists(mind, SETTINGS.articles.sketch), SETTINGS.articles)
    expected = predictions(Tidemark(SETTINGS.full, FULL), evaluation.rows(FULL), lambda: None)
    # As the evaluation has it: a list is read, then all is learnt that is known before the next.
    arriving = rows(given)
    starts = [at for at, row in enumerate(arriving) if row[0] == "shown"] + [len(arriving)]
    found = read(given, [end - start for start, end in pairwise(starts)])
    p = np.concatenate([found[of["list_id"]].p for of in given[:-1]])  # the last is known in its own batch
    assert p == pytest.approx(expected[: len(p)], abs=1e-9)
    assert len(np.unique(p.round(6))) > 500, "all alike: shows little"


@pytest.mark.parametrize("sizes", [[1], [7], [40], [1000]])
def test_no_impression_reads_what_became_known_after_it(sizes: list[int]) -> None:
    given = lists(200, seed=6)
    labels = {
        article: [of["at_ms"] + WINDOW_MS for of in given if article in of["articles"]]
        for article in expected_counts(given)
    }
    found, read_any = read(given, sizes), 0
    for of in given:
        counts = statistics_of(found[of["list_id"]].statistics).counts if of["list_id"] in found else None
        if counts is None:
            continue  # its outcome came in the batch in which it was shown
        for article, labelled in zip(of["articles"], counts.labelled[:, -1], strict=True):
            known = sum(ms <= of["at_ms"] for ms in labels[article])
            assert labelled <= known + 1e-9, "a label from the future"
            read_any += labelled > 0
    assert read_any > 50 or sizes == [1000], "nothing was read: shows nothing"


@pytest.mark.parametrize("sizes", [[1], [13], [1000]])
def test_every_impression_counts_once_wherever_batches_end(sizes: list[int]) -> None:
    given = lists(150, seed=7)
    _, said = processed(given, sizes)
    packed = {row[1]: row[4] for row in said if row[0] == ARTICLE}
    served = ServedArticles.unpack(list(packed.values()), 4, 2)
    found = {
        name: tuple(np.rint(sums[[0, 1, 3], -1])) for name, sums in zip(packed, served.sums, strict=True)
    }
    expected = expected_counts(given)
    assert found == expected
    assert dict(zip(packed, served.absorbed.tolist(), strict=True)) == {
        name: shown + labelled for name, (shown, _, labelled) in expected.items()
    }


def test_shards_and_their_pace_make_no_difference() -> None:
    given = lists(120, seed=8)
    one, several, out_of_step = steps(1), steps(4), steps(4)
    left = batches(rows(given), [9])
    for first, second in zip(left[::2], left[1::2], strict=False):
        for batch in (first, second):
            list(one.process(batch))
            list(several.process(batch))
        list(out_of_step.process_mixed(first, second))
    assert one.articles() == several.articles() == out_of_step.articles()
    states = [of.runtimes["shared"].states["shared"].value() for of in (one, several, out_of_step)]
    assert states[0] == states[1] == states[2]


def test_what_is_said_can_be_read() -> None:
    done, said = processed(lists(150, seed=9), [20])
    kinds = {row[0] for row in said}
    assert kinds == {ARTICLE, SHARED, METRICS, READERS}
    times = [row[2] for row in said if row[0] == SHARED]
    assert times == sorted(times)
    assert not predicted(done), "an outcome is awaited for ever"


def test_a_list_that_is_gone_is_not_learnt_and_its_reader_not_fitted_on() -> None:
    given = lists(80, seed=10, readers=4)
    leaving, end_ms = given[0]["visitor_id"], given[-1]["at_ms"]
    done = steps()
    arriving = [row for row in rows(given) if row[0] == "shown" or row[1] != leaving]
    gone = [
        ("gone", of["visitor_id"], of["list_id"], of["at_ms"], 0, b"")
        for of in given
        if of["visitor_id"] == leaving
    ]
    for batch in batches([*arriving, *gone, ("gone", leaving, "", end_ms, 0, b"")], [500]):
        list(done.process(batch))
    states = done.runtimes["readers"].states
    assert not predicted(done)
    assert not list(states["awaited"].keys())
    kept = [blob for _, blob in states["recent"].items() if blob]
    assert len(kept) == len(given) - len(gone) > 0
    learnt = sum(len(of["articles"]) for of in given if of["visitor_id"] != leaving)
    assert done.runtimes["shared"].counters["outcomes"].count == learnt


def test_a_list_that_was_overtaken_is_left_out() -> None:
    given = lists(60, seed=11)
    late = dict(given[0], list_id="late", at_ms=given[0]["at_ms"] + WINDOW_MS - 1)
    done = steps()
    for batch in batches([*rows(given), *rows([late])], [50]):
        list(done.process(batch))
    assert done.runtimes["readers"].counters["overtaken_lists"].count == 1
    assert done.runtimes["shared"].counters["outcomes"].count == sum(len(of["articles"]) for of in given)


def test_statistics_as_a_table_are_the_same() -> None:
    found = read(lists(40, seed=12), [5])
    for of in found.values():
        statistics = statistics_of(of.statistics)
        assert np.array_equal(statistics_table(statistics), of.statistics)
        assert np.isfinite(of.statistics).all()


def departure(given: list[Shown], article: str) -> float:
    """Log-odds by which the article's own model departs from a blind pick in the end."""
    _, said = processed(given, [50])
    [*_, packed] = [row[4] for row in said if row[0] == ARTICLE and row[1] == article]
    return float(ServedArticles.unpack([packed], 4, 2).mean[0, 0])


def test_a_good_place_is_not_taken_for_a_good_article() -> None:
    dice, given = np.random.default_rng(1), lists(600, seed=13)
    places = np.arange(1, 13)
    for of in given:
        between = dice.choice(40, len(places) - 2, replace=False)
        of["articles"] = ["first", *(f"🦊 {a}" for a in between), "last"]
        of["list_length"], of["clicked"] = len(places), (dice.random(len(places)) < 0.2 / places).tolist()
    placed = [of | {"positions": places.tolist()} for of in given]
    taken_in = departure(given, "first") - departure(given, "last")
    corrected = departure(placed, "first") - departure(placed, "last")
    assert taken_in > 1
    assert abs(corrected) < taken_in / 4
