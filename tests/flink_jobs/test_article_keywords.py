"""The job on the real stack: what it says is what the evaluation says, and every article counts once."""

import time
from itertools import groupby
from threading import Event, Thread
from typing import Any

import pytest

from operators.keywords.article_tables import DescribeSettings, Tables
from operators.keywords.describe_articles import describe, empty_model
from operators.keywords.read_articles import read_article
from operators.keywords.update_article_models import MOST_AT_ONCE, article_features
from schemas.article_features import ArticleFeatures
from tests.article_corner import ArticleCorner
from tests.corner import Corner, await_true
from tests.synthetic_articles import START_MS, article, synthetic_articles
from tidemark.flink import get
from tidemark.topics import topic_setting

pytestmark = pytest.mark.flink

N = 20_000
WITHIN_S = 5
LATER_MS = START_MS + 60_000 * N


class Memory(dict[int, bytes]):
    """A `MapState` of one process."""

    put = dict[int, bytes].__setitem__


@pytest.fixture
def articles(corner: Corner) -> ArticleCorner:
    return ArticleCorner(corner)


def expected(sent: list[dict[str, Any]], batches: list[list[ArticleFeatures]]) -> list[ArticleFeatures]:
    """What the functions of the evaluation say on the job's batches."""
    settings, by_id = DescribeSettings(), {one["article_id"]: one for one in sent}
    model, tables, said = empty_model(settings), Tables(Memory(), Memory(), settings), []
    for batch in batches:
        told = [by_id[features.article_id] for features in batch]
        read = [
            read_article(
                t["article_id"], t["title"], t["text"], t["tags"], t["event_time"], t["published_at"]
            )
            for t in told
        ]
        descriptions, model = describe(model, tables, read, settings)
        said += [article_features(a, d, settings) for a, d in zip(read, descriptions, strict=True)]
    return said


def same(one: ArticleFeatures, other: ArticleFeatures) -> bool:
    """The same words and tags, their scores to 1e-9."""
    scores = [dict(of.keywords) | dict(of.tags) for of in (one, other)]
    return (one.article_id, one.seen) == (other.article_id, other.seen) and scores[0] == pytest.approx(
        scores[1], abs=1e-9
    )


def test_the_job_says_what_the_evaluation_says_within_seconds(articles: ArticleCorner) -> None:
    sent = list(synthetic_articles(N))
    job = articles.submit()
    articles.produce(sent)
    articles.await_described(N)
    published_s = time.monotonic()
    seen = articles.learned_before(article("probe", "口红 for running shoes", at_ms=LATER_MS))
    assert time.monotonic() - published_s < WITHIN_S
    assert seen == N

    found = [features for features in articles.features() if features.article_id != "probe"]
    assert len(found) == N
    batches = [list(batch) for _, batch in groupby(found, key=lambda features: features.seen)]
    assert max(map(len, batches)) > 1, "batches of one article: the test shows little"
    assert len(batches) >= N / MOST_AT_ONCE
    for ours, theirs in zip(expected(sent, batches), found, strict=True):
        assert same(ours, theirs), (ours, theirs)

    shown = articles.corner.tidemark("show", "article", "probe")
    assert shown.returncode == 0, shown.stderr
    assert "口红" in shown.stdout
    assert "industry:beauty" in shown.stdout
    assert topic_setting(articles.corner.kafka, articles.features_topic, "cleanup.policy") == "compact"
    vertices = [vertex["name"] for vertex in get(articles.corner.flink, f"/jobs/{job}")["vertices"]]
    assert any("describe articles, update models" in name for name in vertices)


def test_every_article_counts_once_through_a_killed_task_manager_and_a_savepoint(
    articles: ArticleCorner,
) -> None:
    corner = articles.corner
    sent = list(synthetic_articles(6_000))
    articles.produce(sent[:2_000])
    job = articles.submit()
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    hurry = Event()

    def send_slowly() -> None:
        rest = sent[2_000:] + sent[:500]
        for start in range(0, len(rest), 250):
            articles.produce(rest[start : start + 250])
            hurry.wait(0.5)

    sender = Thread(target=send_slowly)
    sender.start()
    before = articles.described()
    await_true(lambda: articles.described() > max(before, 2_000), 60, lambda: "nothing is described")
    corner.stack.kill_task_manager()
    assert sender.is_alive(), "killed after the last article was sent: not in the middle"
    hurry.set()
    sender.join()
    corner.stack.start_task_manager()
    articles.await_described(len(sent))
    await_true(lambda: corner.restarts(job) >= 1, 30, lambda: "no restart was counted")
    assert articles.learned_before(article("probe", "one", at_ms=LATER_MS)) == len(sent)

    stopped = corner.tidemark("stop", "article_keywords")
    assert stopped.returncode == 0, stopped.stderr
    articles.produce(sent[:100])
    resumed = corner.tidemark("resume", "article_keywords")
    assert resumed.returncode == 0, resumed.stderr
    assert articles.learned_before(article("probe 2", "two", at_ms=LATER_MS)) == len(sent) + 1
    old = articles.in_redis("a0")
    assert old is not None
    articles.produce([article("a0", "an older version", at_ms=START_MS - 1)])
    assert articles.learned_before(article("probe 3", "three", at_ms=LATER_MS)) == len(sent) + 2
    assert articles.in_redis("a0") == old
