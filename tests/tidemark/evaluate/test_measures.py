"""The measures of the evaluations, against their definitions."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sklearn.metrics import ndcg_score

from tidemark.errors import UserError
from tidemark.evaluate.bits import bits_of
from tidemark.evaluate.ranking import ranking_sums
from tidemark.evaluate.results import Row, save, show


@given(seed=st.integers(0, 10_000))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, bought = random.random((6, 30)), (random.random((6, 30)) < 0.2).astype(float)
    bought[:, 3] = 1
    sums = ranking_sums(scores, bought)
    assert sums[1] / sums[2] == pytest.approx(ndcg_score(bought, scores, k=10))


def test_recall_is_of_what_ten_places_can_hold() -> None:
    scores = -np.arange(30.0)[None]
    few, many = np.zeros((1, 30)), np.ones((1, 30))
    few[0, [2, 20]] = 1
    assert ranking_sums(scores, few)[0] == 0.5
    assert ranking_sums(scores, many)[0] == 1.0


def test_bits_are_the_log_ratio_of_segment_to_everybody() -> None:
    sums = np.array([[[30.0, 10.0], [10.0, 30.0]]])
    counts = np.array([[2.0, 1.0], [0.0, 5.0], [1.0, 1.0]])
    found = bits_of(counts, np.zeros_like(counts), sums, np.array([[0, 1, -1]]), 1e-9)
    expected = 2 * np.log2(1.5) + np.log2(0.5) + 5 * np.log2(1.5)
    assert found.mean[0] == pytest.approx(expected / 10, rel=1e-6)
    assert found.left_out[0] == pytest.approx(found.gained[0], rel=1e-6)


def test_left_out_takes_the_visitor_from_segment_and_everybody() -> None:
    own = np.array([[10.0, 0.0]])
    sums = np.array([[[40.0, 10.0], [10.0, 30.0]]])
    counts = np.array([[1.0, 0.0]])
    found = bits_of(counts, own, sums, np.array([[0]]), 1e-9)
    assert found.left_out[0] == pytest.approx(np.log2((30 / 40) / (40 / 80)), rel=1e-6)


def test_rows_are_kept_as_the_file_says_and_shown(tmp_path: Path) -> None:
    rows = [Row.over("bits_k8", "data", "tidemark", [0.1, 0.2]), Row.over("bits_k8", "data", "chance", [0.0])]
    save(rows, tmp_path / "found" / "rows.json")
    first = json.loads((tmp_path / "found" / "rows.json").read_text())[0]
    assert first == {
        "metric": "bits_k8", "data": "data", "subject": "tidemark", "value": 0.15, "low": 0.1, "high": 0.2,
    }  # fmt: skip
    console = Console(width=80, record=True, file=None, quiet=False)
    with console.capture() as captured:
        show(rows, {"bits_k8": ("≥", 0.15)}, "a title", console)
    for text in ("a title", "tidemark", ".1500", ".1000–.2000", "≥ 0.15"):
        assert text in captured.get()


def test_rows_of_other_data_stay_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    save([Row.over("bits", "shoppers", "old", [1.0]), Row.over("regret", "simulated", "x", [2.0])], file)
    save([Row.over("bits", "shoppers", "new", [3.0])], file)
    rows = json.loads(file.read_text())
    assert [(row["data"], row["subject"]) for row in rows] == [("simulated", "x"), ("shoppers", "new")]


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text('{"precious": true}')
    with pytest.raises(UserError, match="no file of figures"):
        save([Row.over("bits", "shoppers", "new", [3.0])], file)
    assert "precious" in file.read_text()
