"""The evaluation of articles on lists made up, and on the first of the real ones."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from operators.maths.articles.article_models import ArticleSettings, Statistics
from operators.maths.articles.click_model import SharedSettings
from tests.tidemark.replay.conftest import SHARED
from tidemark.errors import UserError
from tidemark.evaluate.arrivals import LABEL_DELAY_MS, arrival_statistics, moments
from tidemark.evaluate.article_subjects import BESIDE, WITHOUT
from tidemark.evaluate.articles import TRACKS, Evaluation, measure, measure_tidemark
from tidemark.evaluate.click_predictors import Refitted, River, Rows, Tidemark, predictions
from tidemark.evaluate.shown_lists import ShownLists, mind, of_lists
from tidemark.replay.mind import MindList

SETTINGS = ArticleSettings(dimensions=2, places=8, sketch=16)
MINUTE = 60_000


def lists(count: int = 480, seed: int = 1) -> list[MindList]:
    """Two tastes; readers click what is of theirs, mostly. A list every two minutes, some at once."""
    random, made = np.random.default_rng(seed), []
    for i in range(count):
        taste = int(random.integers(2))
        shown = random.choice(20, int(random.integers(2, 9)), replace=False)
        clicked = random.random(len(shown)) < np.where(shown % 2 == taste, 0.5, 0.05)
        history = tuple(f"H{taste}{j}" for j in random.choice(12, 5, replace=False))
        at_ms = 1_573_000_000_000 + 2 * MINUTE * (i - i % 2 if i % 10 == 1 else i)
        articles = tuple(f"N{a}" for a in shown)
        made.append(MindList(str(i), f"U{i}", at_ms, history, articles, tuple(clicked.tolist())))
    return made


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return Evaluation(of_lists(lists(), SETTINGS.sketch), SETTINGS)


def columns(found: Statistics) -> np.ndarray:  # type: ignore[type-arg]
    n = len(found.by_reader)
    parts = [getattr(found, f.name) for f in fields(Statistics) if f.name != "counts"]
    parts += [getattr(found.counts, f.name) for f in fields(found.counts)]
    return np.concatenate([part.reshape(n, -1) for part in parts], axis=1)


def statistics(shown: ShownLists) -> np.ndarray:  # type: ignore[type-arg]
    found, mean_chance, _ = arrival_statistics(shown, SETTINGS, LABEL_DELAY_MS, lambda: None)
    return np.column_stack([columns(found), mean_chance])


def test_no_feature_knows_a_click_younger_than_the_delay() -> None:
    """Whatever happened from some moment on: what was read until five minutes after it is the same."""
    made = lists()
    cut = made[120].at_ms
    turned = [
        replace(one, clicked=tuple(not c for c in one.clicked)) if one.at_ms >= cut else one for one in made
    ]
    one, other = (of_lists(which, SETTINGS.sketch) for which in (made, turned))
    first, second = statistics(one), statistics(other)
    before = one.at_ms[one.list] < cut + LABEL_DELAY_MS
    np.testing.assert_array_equal(first[before], second[before])
    after = one.at_ms[one.list] >= cut + LABEL_DELAY_MS + 10 * MINUTE
    assert (first[after] != second[after]).any(axis=1).mean() > 0.5


def test_lists_of_one_timestamp_do_not_learn_from_each_other() -> None:
    at = np.array([1, 1, 2, 5, 5, 5])
    assert list(moments(at)) == [(0, 2), (2, 3), (3, 6)]


def test_a_later_list_changes_no_earlier_prediction(evaluation: Evaluation) -> None:
    rows = evaluation.rows(TRACKS[""])
    whole = predictions(Tidemark(SharedSettings(), TRACKS[""]), rows, lambda: None)
    early = predictions(Tidemark(SharedSettings(), TRACKS[""]), rows.until(120), lambda: None)
    np.testing.assert_array_equal(whole[: len(early)], early)


def test_readers_tastes_are_found(evaluation: Evaluation) -> None:
    scores = evaluation.tidemark("")
    assert scores.list_auc[0] > 0.7
    assert scores.log_loss[0] < 0.56


def test_without_what_knows_the_reader_the_lists_are_ordered_worse(evaluation: Evaluation) -> None:
    (subject,) = [of for of in WITHOUT if of.name == "without reader's affinity"]
    found = {row.metric: row for row in measure(evaluation, subject, lambda: None)}
    assert found["log_loss_lost"].low <= found["log_loss_lost"].value <= found["log_loss_lost"].high
    assert found["list_auc"].value == pytest.approx(
        evaluation.tidemark("").list_auc[0] - found["list_auc_lost"].value, abs=2e-6
    )


def test_every_track_has_every_metric(evaluation: Evaluation) -> None:
    found = {row.metric for row in measure_tidemark(evaluation, lambda: None)}
    assert found == {
        f"{m}{t}" for m in ("log_loss", "auc", "list_auc", "ece") for t in ("", "_slate", "_plain")
    }


def test_subjects_have_names_of_their_own_in_a_track() -> None:
    names = [(subject.name, subject.track) for subject in [*BESIDE, *WITHOUT]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "make", [lambda _: River("SGD", 0.03), lambda _: River("FTRL", 0.1), lambda n: Refitted(1.0, n)]
)
def test_what_stands_beside_learns_too(make) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(1)
    X = np.column_stack([np.ones(2000), random.normal(size=(2000, 2))])
    y = (random.random(2000) < 1 / (1 + np.exp(-2 * X[:, 1]))).astype(float)
    known = np.maximum(np.arange(200) - 5, 0)
    rows = Rows(X, y, np.arange(0, 2001, 10), np.arange(200) * MINUTE, known)
    p = predictions(make(2000), rows, lambda: None)
    late = slice(1000, 2000)
    assert -np.where(y[late] > 0, np.log(p[late]), np.log1p(-p[late])).mean() < 0.6


def test_the_real_lists_are_read_as_they_are() -> None:
    if not (SHARED / "mind" / "behaviors.tsv").exists():
        pytest.skip(
            f"no {SHARED / 'mind'}: put a MIND folder there or name its parent with TIDEMARK_SHARED_DATA"
        )
    found = mind(SHARED / "mind", 8)
    assert (len(found.at_ms), len(found.article), found.articles) == (5000, 189_359, 7457)
    assert found.clicked.sum() == found.chance.sum().round(6) == 7542
    assert (np.diff(found.at_ms) >= 0).all()


def test_a_line_that_is_no_list_ends_the_evaluation(tmp_path: Path) -> None:
    (tmp_path / "behaviors.tsv").write_text("1\t2\n")
    with pytest.raises(UserError, match=r"behaviors\.tsv:1: columns: 2"):
        mind(tmp_path, 8)
