"""The keyed step of the job `article_keywords`: a micro-batch of articles in, what they are about out."""

from collections.abc import Iterator
from typing import Any

import msgspec
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.keywords.article_tables import DescribeSettings, Tables
from operators.keywords.describe_articles import Description, describe, empty_model
from operators.keywords.read_articles import ReadArticle
from schemas.article_features import ArticleFeatures
from state.article_model import ArticleModel
from workers.prepare_worker import prepare_worker

MOST_AT_ONCE = 100
"""Articles described before any of them is learned from; a replay brings thousands in one span of time."""

DESCRIPTIONS = Types.ROW_NAMED(["article_id", "body"], [Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
"""Rows that `UpdateArticleModels` yields: the id, and the Avro body of `schemas/article_features.avsc`."""


class UpdateArticleModels(KeyedProcessFunction):  # type: ignore[misc]
    """Per shard: describe each micro-batch of articles, learn from it, and say what was found.

    Keyed state: the model that all articles share, and two tables of which a batch touches some rows. Their
    size is bounded: `operators.keywords.read_articles.TERMS` and `operators.keywords.text_features.ROWS`.
    """

    def __init__(self, settings: DescribeSettings) -> None:
        self._settings = settings

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        blob = Types.PICKLED_BYTE_ARRAY()
        self._model = runtime_context.get_state(ValueStateDescriptor("model", blob))
        terms = runtime_context.get_map_state(MapStateDescriptor("terms", Types.LONG(), blob))
        features = runtime_context.get_map_state(MapStateDescriptor("features", Types.LONG(), blob))
        self._tables = Tables(terms, features, self._settings)
        metrics = runtime_context.get_metrics_group()
        self._articles, self._labelled = metrics.counter("articles"), metrics.counter("labelled_articles")

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:  # noqa: ARG002
        articles = [msgspec.msgpack.decode(bytes(body), type=ReadArticle) for body in value[1]]
        blob = self._model.value()
        model = empty_model(self._settings) if blob is None else ArticleModel.from_bytes(blob)
        for start in range(0, len(articles), MOST_AT_ONCE):
            part = articles[start : start + MOST_AT_ONCE]
            described, model = describe(model, self._tables, part, self._settings)
            for article, said in zip(part, described, strict=True):
                found = article_features(article, said, self._settings)
                yield Row(article_id=found.article_id, body=found.to_bytes())
        self._model.update(model.to_bytes())
        self._articles.inc(len(articles))
        self._labelled.inc(sum(bool(article.tags or article.keywords) for article in articles))


def article_features(article: ReadArticle, said: Description, settings: DescribeSettings) -> ArticleFeatures:
    """What is published of an article: of a kind for which editors said a tag, theirs alone."""
    tags: list[tuple[str, float]] = []
    for kind, probability in said.tags.items():
        theirs = {tag: 1.0 for own, tag in article.tags if own == kind}
        ranked = sorted((theirs or probability).items(), key=lambda pair: (-pair[1], pair[0]))
        tags += [(f"{kind}:{tag}", p) for tag, p in ranked[: max(settings.tags_shown, len(theirs))]]
    return ArticleFeatures(
        article.article_id, article.version_ms, article.published_ms, said.seen, said.keywords, tuple(tags)
    )
