"""A micro-batch at a shard's articles: read all that is shown, count it, learn what is known; no Flink."""

from dataclasses import replace

import numpy as np

from operators.articles.shard_messages import ShardBatch, ShardStatistics
from operators.articles.statistics_table import statistics_table
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_memory import Memory
from operators.maths.articles.article_models import ArticleModels, ArticleSettings, Impressions, Outcomes
from operators.maths.articles.article_models import count as count_shown
from operators.maths.articles.article_models import learn as learn_known
from operators.maths.articles.article_models import read as read_shown
from operators.maths.articles.served_articles import served_articles


def read_and_learn(
    models: ArticleModels, at_ms: Ints, absorbed: Ints, batch: ShardBatch, settings: ArticleSettings
) -> tuple[ArticleModels, Ints, Ints, ShardStatistics]:
    """models, at_ms, absorbed : of the articles that the batch touches, in its order, as they were before it:
    (a,) time of the latest list that each was in, and how many impressions and outcomes it has taken in.

    Returns
    -------
    The same as they are after it, but of memory what was learnt in it alone; and what its impressions read.
    """
    models = _started(models, absorbed, batch)
    shown = _impressions(batch, batch.shown, batch.of, batch.match, settings)
    statistics = read_shown(models, shown, settings)
    counted = count_shown(models, shown, settings)
    outcomes = Outcomes(batch.clicked, batch.chance)
    known = _impressions(batch, batch.known, batch.known_of, batch.known_match, settings)
    learnt = learn_known(
        replace(counted, memory=_room_for(known, len(at_ms), settings)), known, outcomes, settings
    )
    latest_ms = at_ms.copy()
    np.maximum.at(latest_ms, shown.article, shown.at_ms)
    touched = np.concatenate([shown.article, known.article])
    taken_in = absorbed + np.bincount(touched, minlength=len(absorbed))
    return (
        learnt,
        latest_ms,
        taken_in,
        ShardStatistics(
            batch.number,
            batch.part,
            batch.parts,
            batch.shown,
            batch.row,
            statistics_table(statistics),
            batch.articles,
            served_articles(learnt, latest_ms, taken_in, batch.terms, settings).pack(),
            batch.batch,
        ),
    )


def _started(models: ArticleModels, absorbed: Ints, batch: ShardBatch) -> ArticleModels:
    """Models of articles that were in no list yet start where what is said of them says."""
    new = absorbed[batch.described] == 0
    if not new.any():
        return models
    mean = models.posteriors.mean.copy()
    mean[batch.described[new]] = batch.start[new]
    return replace(models, posteriors=replace(models.posteriors, mean=mean))


def _room_for(known: Impressions, articles: int, settings: ArticleSettings) -> Memory:
    """Without any impressions, and with places for all that are to be learnt."""
    most = int(np.bincount(known.article, minlength=1).max())
    return Memory.fresh(articles, most, settings.dimensions, settings.sketch)


def _impressions(
    batch: ShardBatch, article: Ints, of: Ints, match: Floats, settings: ArticleSettings
) -> Impressions:
    reader = batch.reader.reshape(-1, settings.dimensions)  # of no lists, too
    slate = batch.slate.reshape(-1, settings.sketch)
    return Impressions(article, batch.at_ms[of], reader[of], slate[of], match)
