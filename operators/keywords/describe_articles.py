"""What an article is about: keywords and tags of a batch of articles, and what the models learn from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from operators.keywords.article_tables import DescribeSettings, Tables
from operators.keywords.candidate_phrases import KIND_PRIORS
from operators.keywords.describe_keywords import Keywords, describe_keywords
from operators.keywords.describe_tags import Tags, describe_tags, with_new_tags
from operators.keywords.read_articles import ReadArticle
from operators.maths.keywords.keyword_evidence import prior_mean
from operators.maths.keywords.term_counts import COUNTS, NOTHING
from state.article_model import ArticleModel


@dataclass(frozen=True)
class Description:
    """What the models said of an article before they learned from it.

    seen : articles learned from before the batch.
    """

    keywords: Keywords
    tags: Tags
    seen: int


def empty_model(settings: DescribeSettings) -> ArticleModel:
    """Before the first article."""
    mean = prior_mean(KIND_PRIORS)
    precision = np.eye(len(mean)) * settings.prior_precision
    return ArticleModel({}, {}, mean, precision, np.full(COUNTS, NOTHING), 0)


def describe(
    model: ArticleModel, tables: Tables, articles: Sequence[ReadArticle], settings: DescribeSettings
) -> tuple[list[Description], ArticleModel]:
    """Describe every article of the batch, then learn from all. The tables change, the model is new."""
    if not articles:
        return [], model
    model = with_new_tags(model, articles, settings.tags)
    tags, outputs = describe_tags(model, tables, articles, settings.tags)
    keywords, model = describe_keywords(model, tables, articles, settings)
    described = [Description(found, said, model.seen) for found, said in zip(keywords, tags, strict=True)]
    return described, replace(model, outputs=outputs, seen=model.seen + len(articles))
