"""The job `article_scores` on the real stack: every impression once, whatever breaks; and what its steps make
of its batches, to the last digit."""

import json
from pathlib import Path

import pytest

from tests.corner import Corner
from tests.scores_corner import JOB, ScoresCorner, expected_counts
from tests.synthetic_lists import events, lists

pytestmark = pytest.mark.flink


@pytest.fixture
def scores(corner: Corner) -> ScoresCorner:
    return ScoresCorner(corner)


def impressions(shown: list) -> int:  # type: ignore[type-arg]
    return sum(len(of["articles"]) for of in shown)


def test_stopped_and_resumed_it_is_what_its_steps_make_of_its_batches(
    scores: ScoresCorner, tmp_path: Path
) -> None:
    from tests.operators.score_steps import done_again

    log = tmp_path / "lists.jsonl"
    shown = lists(400, seed=1)
    scores.submit(f"list_log={log}")
    scores.produce(events(shown[:200]))
    closing = scores.pass_time(shown[199], hours=0)
    n = impressions(shown[:200])
    scores.await_absorbed(n)
    assert scores.corner.tidemark("stop", JOB).returncode == 0
    resumed = scores.corner.tidemark("resume", JOB)
    assert resumed.returncode == 0, resumed.stderr
    scores.produce(events(shown[200:]))
    last = scores.pass_time(shown[-1])
    whole = 2 * impressions(shown)
    scores.await_absorbed(whole + 2 + 1)

    again = done_again(log)
    assert scores.absorbed() == whole + 3
    assert scores.counts(expected_counts(shown)) == expected_counts(shown)
    assert {article: scores.packed(article) for article in again.packed} == again.packed
    assert json.loads(scores.metrics().to_json()) == json.loads(again.metrics)
    assert closing["at_ms"] < last["at_ms"]
