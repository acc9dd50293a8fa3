"""The job `article_scores` on the real stack: every impression once, whatever breaks; and what its steps make
of its batches, to the last digit."""

import json
import random
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from schemas.article_features import ArticleFeatures
from schemas.article_rankings import Prequential
from tests.corner import Corner, await_true
from tests.real_data import mind_lists
from tests.scores_corner import JOB, ScoresCorner, expected_counts
from tests.synthetic_lists import START_MS, events, lists
from tidemark.replay.mind import MOST_RECENT, MindList
from tidemark.topics import PARTITIONS

pytestmark = pytest.mark.flink


@pytest.fixture
def scores(corner: Corner) -> ScoresCorner:
    return ScoresCorner(corner)


def impressions(shown: list[dict[str, Any]]) -> int:
    return sum(len(of["articles"]) for of in shown)


def test_stopped_and_resumed_it_is_what_its_steps_make_of_its_batches(
    scores: ScoresCorner, tmp_path: Path
) -> None:
    from tests.operators.articles.score_steps import done_again

    log, shown, half = tmp_path / "lists.jsonl", lists(400, seed=1), 200
    scores.describe(features(article) for article in {article for of in shown for article in of["articles"]})
    # Sent before the job reads, so that only the last partition is idle: nothing ever comes there.
    scores.produce(events(shown[:half]), partitions=PARTITIONS - 1)
    scores.submit(f"list_log={log}", "idle=5 s")
    scores.await_absorbed(impressions(shown[:half]))
    assert scores.corner.tidemark("stop", JOB).returncode == 0
    scores.describe([features("🦊 1000"), features("🦊 1001")])  # never shown
    scores.produce(events(shown[half:]), partitions=PARTITIONS - 1)
    closing = scores.pass_time(shown[-1], everywhere=False)
    resumed = scores.corner.tidemark("resume", JOB)
    assert resumed.returncode == 0, resumed.stderr
    whole = 2 * impressions(shown) + closing
    scores.await_absorbed(whole)

    again = done_again(log)
    assert scores.absorbed() == whole
    assert scores.counts(expected_counts(shown)) == expected_counts(shown)
    assert {article: scores.packed(article) for article in again.packed} == again.packed
    assert json.loads(scores.metrics().to_json()) == json.loads(again.metrics)
    unseen = {article: scores.article(article) for article in ("🦊 1000", "🦊 1001")}
    assert [of.absorbed.tolist() for of in unseen.values()] == [[0], [0]]
    assert all(of.mean[0].any() for of in unseen.values()), "what others taught is not where they start"


def test_20_000_impressions_of_mind_are_predicted_as_its_steps_predict_them(
    scores: ScoresCorner, tmp_path: Path
) -> None:
    from tests.operators.articles.score_steps import done_again

    log, shown = tmp_path / "lists.jsonl", [as_shown(of) for of in mind_lists(20_000)]
    scores.produce(events(shown), partitions=PARTITIONS - 1)
    scores.submit(f"list_log={log}", "idle=5 s")
    closing = scores.pass_time(shown[-1], everywhere=False)
    whole = 2 * impressions(shown) + closing
    scores.await_absorbed(whole)

    again = done_again(log)
    assert scores.absorbed() == whole
    assert scores.counts(expected_counts(shown)) == expected_counts(shown)
    assert again.batches > 5, "all in a few batches: shows little"
    expected = Prequential.from_json(again.metrics)
    for name, value in vars(scores.metrics()).items():
        assert value == pytest.approx(getattr(expected, name), rel=1e-9), name


def as_shown(of: MindList) -> dict[str, Any]:
    """As `tests.synthetic_lists` has lists."""
    return {
        "list_id": of.number,
        "visitor_id": of.reader,
        "at_ms": of.at_ms,
        "list_length": len(of.articles),
        "shop_id": None,
        "segment": None,
        "recent_articles": list(reversed(of.history))[:MOST_RECENT],
        "articles": list(of.articles),
        "clicked": list(of.clicked),
    }


def features(article: str) -> ArticleFeatures:
    """Of a synthetic article its parity, which readers have a taste for."""
    topic = "even" if int(article.split()[1]) % 2 == 0 else "odd"
    return ArticleFeatures(article, START_MS, START_MS, 1, (), ((f"topic:{topic}", 1.0),))


def test_a_killed_task_manager_counts_every_impression_once(scores: ScoresCorner) -> None:
    corner, shown = scores.corner, lists(900, seed=2)
    job = scores.submit("idle=1 h")  # events come in bursts, hours of theirs in seconds
    sent = events(shown)
    dice = random.Random(2)
    late = dict.fromkeys(dice.sample([e["event_id"] for e in sent if e["kind"] == "click"], 40), 8_000)
    # Clicks come late, and some events twice.
    sent = sorted(
        [*sent, *dice.sample(sent, 200)], key=lambda e: e["event_time"] + late.get(e["event_id"], 0)
    )
    scores.produce(sent[: len(sent) // 3])
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    await_true(lambda: scores.absorbed() > 0, 60, lambda: "nothing in Redis")
    kill_while_sending(scores, sent[len(sent) // 3 :])
    leaving = shown[0]["visitor_id"]
    whole = 2 * impressions(shown) + scores.pass_time(shown[-1], everywhere=True)
    scores.await_absorbed(whole, within_s=120)
    await_true(lambda: corner.restarts(job) >= 1, 30, lambda: "no restart was counted")
    time.sleep(1)
    assert scores.absorbed() == whole
    assert scores.counts(expected_counts(shown)) == expected_counts(shown)

    said = scores.metrics()
    assert said.impressions == pytest.approx(impressions(shown), rel=0.2), "decayed by some hours of a day"
    assert 0 < said.log_loss < 1
    article = max(expected_counts(shown), key=lambda name: expected_counts(shown)[name][0])
    ranked = scores.ranking("").segments
    assert {"s0", "s1", ""} == set(ranked), "the last lists shown are of all segments"
    assert article in {of.article_id for of in ranked["s0"]}
    score = scores.score(article)
    assert 0 < score.low < score.score < score.high < 1
    recent = scores.recent(leaving)
    assert recent is not None
    assert recent.articles[0] in clicked_by(shown, leaving)
    forgotten = corner.tidemark("forget", leaving, "--topic", corner.erasures_topic)
    assert forgotten.returncode == 0, forgotten.stderr
    await_true(lambda: scores.recent(leaving) is None, 30, lambda: str(scores.recent(leaving)))
    assert scores.counts(expected_counts(shown)) == expected_counts(shown), "articles name nobody"


def kill_while_sending(scores: ScoresCorner, rest: list[dict[str, Any]]) -> None:
    """Kill the task manager once some of these events were absorbed and not all are sent; start another."""
    hurry, before = Event(), scores.absorbed()

    def send_slowly() -> None:
        for start in range(0, len(rest), 200):
            scores.produce(rest[start : start + 200])
            hurry.wait(0.3)

    sender = Thread(target=send_slowly)
    sender.start()
    await_true(lambda: scores.absorbed() > before, 60, lambda: "nothing more in Redis")
    scores.corner.stack.kill_task_manager()
    assert sender.is_alive(), "killed after the last event was sent: not in the middle"
    hurry.set()
    sender.join()
    scores.corner.stack.start_task_manager()


def clicked_by(shown: list[dict[str, Any]], visitor: str) -> set[str]:
    return {
        article
        for of in shown
        if of["visitor_id"] == visitor
        for article, clicked in zip(of["articles"], of["clicked"], strict=True)
        if clicked
    }
