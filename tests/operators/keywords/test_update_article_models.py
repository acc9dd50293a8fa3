"""The keyed step: state through bytes, parts of a large batch, what is yielded."""

from typing import Any

import msgspec
import pytest

from operators.keywords import update_article_models
from operators.keywords.article_tables import DescribeSettings
from operators.keywords.read_articles import read_article
from operators.keywords.update_article_models import UpdateArticleModels
from schemas.article_features import ArticleFeatures


class State(dict[int, bytes]):
    """A value, or a map."""

    put = dict[int, bytes].__setitem__

    def value(self) -> bytes | None:
        return self.get(0)

    def update(self, value: bytes) -> None:  # type: ignore[override]
        self[0] = value


class Context:
    """Flink's runtime context: states and counters by name."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self.counts: dict[str, int] = {}

    def state(self, descriptor: Any) -> State:
        return self.states.setdefault(descriptor.get_name(), State())

    get_state = get_map_state = state

    def get_metrics_group(self) -> "Context":
        return self

    def counter(self, name: str) -> "Counter":
        return Counter(self.counts, name)


class Counter:
    def __init__(self, counts: dict[str, int], name: str) -> None:
        self._counts, self._name = counts, name

    def inc(self, n: int = 1) -> None:
        self._counts[self._name] = self._counts.get(self._name, 0) + n


def batch(*titles: str, tags: tuple[str, ...] = ()) -> tuple[int, list[bytes]]:
    """As `micro_batches` gives it: the shard, then a list a column."""
    read = [read_article(f"a{at}", title, "", tags, 1, 1) for at, title in enumerate(titles)]
    return 0, [msgspec.msgpack.encode(article) for article in read]


def opened(context: Context) -> UpdateArticleModels:
    step = UpdateArticleModels(DescribeSettings())
    step.open(context)
    return step


def process(step: UpdateArticleModels, value: tuple[int, list[bytes]]) -> list[ArticleFeatures]:
    return [ArticleFeatures.from_bytes(row["body"]) for row in step.process_element(value, None)]


def test_a_large_batch_is_described_in_parts_each_after_the_one_before_was_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(update_article_models, "MOST_AT_ONCE", 2)
    found = process(opened(Context()), batch("one tea", "two teas", "three", "four", "five"))
    assert [features.seen for features in found] == [0, 0, 2, 2, 4]
    assert [features.article_id for features in found] == ["a0", "a1", "a2", "a3", "a4"]


def test_what_was_learned_is_in_keyed_state_and_nowhere_else() -> None:
    context = Context()
    process(opened(context), batch("green tea", tags=("industry:food", "keyword:green tea")))
    (after,) = process(opened(context), batch("green tea"))
    assert after.seen == 1
    assert after.tags == (("industry:food", 1.0),)
    (fresh,) = process(opened(Context()), batch("green tea"))
    assert (fresh.seen, fresh.tags) == (0, ())
    assert dict(after.keywords)["green tea"] > dict(fresh.keywords).get("green tea", 0.0)


def test_articles_and_those_with_tags_are_counted() -> None:
    context = Context()
    step = opened(context)
    process(step, batch("tea", "cake", tags=("industry:food",)))
    process(step, batch("soap"))
    assert context.counts == {"articles": 3, "labelled_articles": 2}
