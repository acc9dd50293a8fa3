"""Readers' tastes in the steps of the job: what is learnt from is what a storefront computes of Redis."""

import msgspec
import numpy as np

from operators.articles.article_news import ARTICLE, READERS, SHARED
from operators.articles.place_lists import buckets_of
from operators.articles.statistics_table import statistics_of
from operators.maths.articles.click_features import SERVED, Group, places
from operators.maths.articles.served_articles import match_served
from schemas.article_features import ArticleFeatures
from schemas.article_readers import ReaderAxes
from schemas.article_scores import ServedArticles, SharedModel
from state.placed_list import PredictedList
from tests.operators.articles.test_score_steps import READERS_SETTINGS, predicted, steps
from tests.synthetic_lists import START_MS, batches, lists, rows

GIVEN = lists(400, seed=31)
NAMES = sorted({name for of in GIVEN for name in (*of["articles"], *of["recent_articles"])})


def parity(name: str) -> str:
    """What readers of synthetic lists have a taste for."""
    return "even" if int(name.strip("🦊 H")) % 2 == 0 else "odd"


def described(name: str) -> tuple[object, ...]:
    said = ArticleFeatures(name, START_MS, START_MS, 1, ((parity(name), 0.9),), ((f"t:{parity(name)}", 1.0),))
    return ("described", "", "", START_MS, START_MS, said.to_bytes())


Read = dict[str, tuple[PredictedList, ReaderAxes | None]]


def passed() -> tuple[Read, dict[str, ServedArticles], SharedModel]:
    """What lists read, with the fit that Redis held then; and in the end articles and the shared model."""
    done, read, served = steps(), Read(), dict[str, ServedArticles]()
    axes = shared = None
    for batch in batches([*map(described, NAMES), *rows(GIVEN)], [len(NAMES) + 20, 20]):
        for kind, name, _, _, packed, _ in done.process(batch):
            if kind == READERS:
                axes = ReaderAxes.from_fields(msgspec.msgpack.decode(packed))
            elif kind == ARTICLE:
                served[name] = ServedArticles.unpack([packed], 4, 2)
            elif kind == SHARED:
                shared = SharedModel.from_fields(msgspec.msgpack.decode(packed))
        read = {name: (of, axes) for name, of in predicted(done).items()} | read
    assert shared is not None
    return read, served, shared


def test_what_is_learnt_from_is_what_a_storefront_computes() -> None:
    read, served, shared = passed()
    apart = []
    for of in GIVEN:
        if of["list_id"] not in read or not of["recent_articles"]:
            continue
        predicted_list, axes = read[of["list_id"]]
        found = statistics_of(predicted_list.statistics).match
        if axes is None:
            assert not found.any(), "before the first fit"
            continue
        bucket = buckets_of(of["recent_articles"], READERS_SETTINGS.buckets)
        terms = np.concatenate([served[article].terms for article in of["articles"]])
        np.testing.assert_allclose(found, match_served(axes, bucket, terms), atol=1e-5)
        same = np.array([parity(name) == parity(of["recent_articles"][0]) for name in of["articles"]])
        if same.any() and not same.all() and found.any():
            apart.append(found[same].sum(axis=1).mean() - found[~same].sum(axis=1).mean())
    assert len(apart) > 100, "too few lists: shows nothing"
    assert np.mean(np.array(apart) > 0) > 0.95, "readers click what is of their parity"
    assert np.mean(apart) > 0.5
    assert shared.mean[places(SERVED, 4)[Group.MATCH]].min() > 0.5


def test_without_features_nobody_has_tastes() -> None:
    done = steps()
    for batch in batches(rows(GIVEN[:100]), [20]):
        for kind, name, _, _, packed, _ in done.process(batch):
            assert kind != ARTICLE or not ServedArticles.unpack([packed], 4, 2).terms.any(), name
        assert not any(statistics_of(of.statistics).match.any() for of in predicted(done).values())
