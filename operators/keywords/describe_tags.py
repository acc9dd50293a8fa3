"""Tags of a batch of articles: predicted, then learned from what editors said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from operators.keywords.article_tables import Tables, indexed
from operators.keywords.read_articles import ReadArticle
from operators.maths.arrays import Floats
from operators.maths.keywords.first_weights import first_weights
from operators.maths.keywords.tag_model import Features, Output, TagSettings, learn, probabilities, weights
from state.article_model import ArticleModel

Tags = Mapping[str, Mapping[str, float]]
"""Kind -> tag -> its probability among those of its kind, for all that are known."""

MOST_TAGS = 200
"""Of a kind, those seen first; each is a row of the output."""

MOST_KINDS = 8

OF_OUTPUT = 4
"""Numbers of a tag beside its row of W: b, squares, lengths, columns."""


def with_new_tags(
    model: ArticleModel, articles: Sequence[ReadArticle], settings: TagSettings
) -> ArticleModel:
    """With a row of its output for every tag of the articles, as long as there is room for more."""
    tags, outputs, d = dict(model.tags), dict(model.outputs), settings.dimensions
    for kind, tag in dict.fromkeys(told for article in articles for told in article.tags):
        known = tags.get(kind, ())
        if tag in known or len(known) == MOST_TAGS or (not known and len(tags) == MOST_KINDS):
            continue
        row = np.array([crc32(f"{kind}:{tag}".encode())])
        column = sum(map(len, tags.values()))
        first = np.zeros((1, d + OF_OUTPUT))
        first[:, :d] = first_weights(row, d, settings.output_scale / np.sqrt(d))
        first[:, -1] = column
        tags[kind] = (*known, tag)
        outputs[kind] = np.concatenate([outputs.get(kind, first[:0]), first])
    return replace(model, tags=tags, outputs=outputs)


def describe_tags(
    model: ArticleModel, tables: Tables, articles: Sequence[ReadArticle], settings: TagSettings
) -> tuple[list[Tags], dict[str, Floats]]:
    """What is predicted of each article, and the outputs after it was learned."""
    rows, places = indexed([article.rows for article in articles])
    table, d = tables.features.load(rows, sum(map(len, model.tags.values()))), settings.dimensions
    features = Features(table[:, 2 : 2 + d], table[:, 0], table[:, 1], table[:, 2 + d :])
    outputs = {kind: _output(of, d) for kind, of in model.outputs.items()}
    said: list[Tags] = []
    for at in places:
        x = weights(features, at, model.seen)
        found = {kind: probabilities(features, of, at, x, settings).tolist() for kind, of in outputs.items()}
        said.append({kind: dict(zip(model.tags[kind], p, strict=True)) for kind, p in found.items()})
    index = {kind: {tag: at for at, tag in enumerate(tags)} for kind, tags in model.tags.items()}
    labels = [_labels(article, index) for article in articles]
    features, outputs = learn(features, outputs, places, labels, model.seen, settings)
    tables.features.store(
        rows, np.column_stack([features.squares, features.articles, features.E, features.sums])
    )
    return said, {
        kind: np.column_stack([of.W, of.b, of.squares, of.lengths, of.columns])
        for kind, of in outputs.items()
    }


def _output(of: Floats, d: int) -> Output:
    b, squares, lengths, columns = of[:, d:].T
    return Output(of[:, :d], b, squares, lengths, columns.astype(np.int64))


def _labels(article: ReadArticle, index: Mapping[str, Mapping[str, int]]) -> dict[str, list[int]]:
    labels: dict[str, list[int]] = {}
    for kind, tag in article.tags:
        at = index.get(kind, {}).get(tag)
        if at is not None:
            labels.setdefault(kind, []).append(at)
    return labels
